/** What a new referral may look like, for a first try. */
const sampleReferral = {
  name: "Modern workplace for a toy maker",
  type: "Independent",
  qualification: "SalesQualified",
  customerProfile: {
    name: "Wooden Horse Toys",
    address: { addressLine1: "3 Fernhill Road", city: "Jena", country: "DE", postalCode: "07743" },
    size: "10to50employees",
    team: [{ firstName: "Freya", lastName: "Dvorak", email: "freya.dvorak@wooden-horse.example" }],
  },
  consent: { consentToContact: true, consentToToShareInfoWithOthers: false },
  details: { dealValue: 25000, currency: "EUR", notes: "A first conversation is wanted." },
};

const sampleBodies = {
  CreateReferral: sampleReferral,
  UpdateReferralById: { ...sampleReferral, name: "A new name" },
  PatchReferralById: [{ op: "replace", path: "/details/dealValue", value: 30000 }],
  CreateDealRegistrationByReferralId: [
    {
      op: "add",
      path: "/registrations/-",
      value: { type: "AzureIPCoSell", contract: { value: 30000, term: "Finite" } },
    },
  ],
  PatchDealRegistrationByReferralId: [
    { op: "replace", path: "/registrations/0/contract/value", value: 32000 },
  ],
};

const find = (id) => document.getElementById(id);

function element(name, properties = {}, ...children) {
  const made = Object.assign(document.createElement(name), properties);
  made.append(...children);
  return made;
}

const state = { token: "", operations: [], lastId: "", lastETag: "" };

async function signIn(event) {
  event.preventDefault();
  const form = new URLSearchParams(new FormData(find("sign-in")));
  form.set("grant_type", "client_credentials");
  const response = await fetch("oauth2/v2.0/token", { method: "POST", body: form });
  const answer = await response.json();
  state.token = answer.access_token ?? "";
  find("sign-in-state").textContent = response.ok ? "Signed in." : answer.error_description;
  find("sign-in-state").className = response.ok ? "good" : "bad";
}

const chosen = () => state.operations[find("operation").selectedIndex];

/** Values that the last answer left, so that create, read and change follow each other without copying. */
function suggestion(parameter) {
  if (parameter.name === "id") return state.lastId;
  return parameter.name.toLowerCase() === "if-match" && parameter.required ? state.lastETag : "";
}

function parameterField(parameter) {
  const note = element("small", { textContent: parameter.description ?? "" });
  const input = element("input", {
    name: `${parameter.in} ${parameter.name}`,
    required: parameter.required === true,
    value: suggestion(parameter),
    spellcheck: false,
  });
  return element("label", {}, `${parameter.name}${parameter.required ? " *" : ""} `, input, note);
}

function showOperation() {
  const { operation } = chosen();
  find("description").textContent = operation.description ?? "";
  find("parameters").replaceChildren(...(operation.parameters ?? []).map(parameterField));
  const sample = sampleBodies[operation.operationId];
  find("body-label").hidden = sample === undefined;
  find("body").value = sample === undefined ? "" : JSON.stringify(sample, undefined, 2);
}

function request({ method, path, operation, server }) {
  const headers = { authorization: `Bearer ${state.token}` };
  const query = [];
  let address = path;
  for (const [key, value] of new FormData(find("call"))) {
    const [place, name] = key.split(" ");
    if (value === "") continue;
    if (place === "path") address = address.replace(`{${name}}`, encodeURIComponent(value));
    else if (place === "header") headers[name] = value;
    else query.push(`${name}=${encodeURIComponent(value)}`);
  }
  const url = `${server}${address}${query.length > 0 ? `?${query.join("&")}` : ""}`;
  if (!operation.requestBody) return { url, options: { method, headers } };
  headers["content-type"] = "application/json";
  return { url, options: { method, headers, body: find("body").value } };
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;

/** The call as a command, without the token itself. */
function asCommand({ url, options }) {
  const { authorization: _, ...headers } = options.headers;
  const lines = [
    `curl -X ${options.method} ${quoted(url)}`,
    `-H "Authorization: Bearer $TOKEN"`,
    ...Object.entries(headers).map(([name, value]) => `-H ${quoted(`${name}: ${value}`)}`),
    ...(options.body === undefined ? [] : [`-d ${quoted(options.body)}`]),
  ];
  return lines.join(" \\\n  ");
}

function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), undefined, 2);
  } catch {
    return text;
  }
}

async function send(event) {
  event.preventDefault();
  const call = request(chosen());
  const response = await fetch(call.url, call.options);
  const text = await response.text();
  const shown = ["etag", "request-id", "retry-after", "preference-applied"]
    .filter((name) => response.headers.has(name))
    .map((name) => `${name}: ${response.headers.get(name)}`);
  const status = `${response.status} ${response.statusText}`;
  state.lastETag = response.headers.get("etag") ?? state.lastETag;
  if (response.ok && text !== "") {
    const body = JSON.parse(text);
    state.lastId = body.id ?? body.value?.[0]?.id ?? state.lastId;
  }
  find("answer").replaceChildren(
    element("pre", { textContent: asCommand(call) }),
    element("p", { textContent: status, className: response.ok ? "good" : "bad" }),
    element("pre", { textContent: shown.join("\n") }),
    element("pre", { textContent: text === "" ? "(no body)" : pretty(text) }),
  );
}

async function start() {
  const description = await (await fetch("openapi.json")).json();
  const server = description.servers[0].url;
  for (const [path, methods] of Object.entries(description.paths)) {
    for (const [method, operation] of Object.entries(methods)) {
      state.operations.push({ method: method.toUpperCase(), path, operation, server });
    }
  }
  const options = state.operations.map(({ method, path, operation }) =>
    element("option", { textContent: `${operation.summary} — ${method} ${path}` }),
  );
  find("operation").replaceChildren(...options);
  find("operation").addEventListener("change", showOperation);
  find("sign-in").addEventListener("submit", signIn);
  find("call").addEventListener("submit", send);
  showOperation();
}

await start();
