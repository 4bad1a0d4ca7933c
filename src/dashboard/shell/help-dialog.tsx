import { Dialog } from "../parts/dialog.tsx";
import { Key } from "../parts/parts.tsx";

const groups: readonly { readonly title: string; readonly keys: readonly [string, string][] }[] = [
  {
    title: "Everywhere",
    keys: [
      ["/", "Search deals"],
      ["?", "This help"],
      ["O", "Overview (capitals: with Shift)"],
      ["D", "Deals"],
      ["C", "Conflicts"],
      ["P", "Problems"],
      ["M", "Mapping"],
      ["I", "Pipeline"],
      ["S", "Settings"],
    ],
  },
  {
    title: "In lists",
    keys: [
      ["j", "Next"],
      ["k", "Previous"],
      ["Enter", "Open"],
    ],
  },
  {
    title: "In a conflict",
    keys: [
      ["a", "Keep the CRM's value"],
      ["b", "Keep Partner Center's value"],
      ["e", "Give another value"],
      ["x", "Select for an answer in bulk"],
    ],
  },
  {
    title: "On a deal",
    keys: [
      ["r", "Sync now"],
      ["e", "Edit"],
      ["u", "Undo the last write"],
    ],
  },
];

/** All keys on one sheet. */
export function HelpDialog({ onClose }: { readonly onClose: () => void }) {
  return (
    <Dialog title="Keyboard" onClose={onClose}>
      <div className="columns">
        {groups.map(({ title, keys }) => (
          <section key={title}>
            <h3>{title}</h3>
            <dl className="keys">
              {keys.map(([key, what]) => (
                <div key={key}>
                  <dt>
                    <Key>{key}</Key>
                  </dt>
                  <dd>{what}</dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
