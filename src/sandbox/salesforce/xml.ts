/** An element: its name without a prefix, its attributes, its children and its own text. */
export interface XmlElement {
  readonly name: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly XmlElement[];
  readonly text: string;
}

const entities: Readonly<Record<string, string>> = {
  amp: "&",
  apos: "'",
  gt: ">",
  lt: "<",
  quot: '"',
};

function decode(text: string): string {
  return text.replaceAll(/&(\w+);/g, (whole, name: string) => entities[name] ?? whole);
}

/** A text as it stands in an element. */
export function xmlText(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}

const withoutPrefix = (name: string): string => name.slice(name.indexOf(":") + 1);

function readAttributes(text: string): Readonly<Record<string, string>> {
  const found = text.matchAll(/([\w:]+)\s*=\s*"([^"]*)"/g);
  return Object.fromEntries([...found].map(([, name = "", value = ""]) => [name, decode(value)]));
}

/** Reads a document without comments, CDATA or a DOCTYPE. Throws SyntaxError. */
export function parseXml(document: string): XmlElement {
  const root = { name: "", attributes: {}, children: [] as XmlElement[], text: "" };
  const open = [root];
  const pattern = /<\?[^?]*\?>|<(\/?)([\w:]+)([^>]*?)(\/?)>|([^<]+)/gy;
  let at = 0;
  for (const match of document.matchAll(pattern)) {
    at = match.index + match[0].length;
    const [, closing, name, attributes = "", selfClosing, text] = match;
    const top = open[open.length - 1];
    if (!top) break;
    if (text !== undefined) top.text += decode(text);
    if (name === undefined) continue;
    if (closing) {
      if (top.name !== withoutPrefix(name)) throw new SyntaxError(`</${name}> is not open`);
      open.pop();
      continue;
    }
    const element = {
      name: withoutPrefix(name),
      attributes: readAttributes(attributes),
      children: [] as XmlElement[],
      text: "",
    };
    top.children.push(element);
    if (!selfClosing) open.push(element);
  }
  const [first] = root.children;
  if (at !== document.length || open.length !== 1 || !first) {
    throw new SyntaxError("the document is not well formed");
  }
  return first;
}

/** The first child of a name. */
export function childOf(element: XmlElement | undefined, name: string): XmlElement | undefined {
  return element?.children.find((child) => child.name === name);
}

/** The text of the first child of a name. */
export function childText(element: XmlElement | undefined, name: string): string | undefined {
  return childOf(element, name)?.text.trim();
}

/** All children of a name. */
export function childrenOf(element: XmlElement, name: string): readonly XmlElement[] {
  return element.children.filter((child) => child.name === name);
}
