import { useEffect, useRef } from "react";

/** What each key does; a key that isn't named does what it always does. */
export type Keys = Readonly<Record<string, (event: KeyboardEvent) => void>>;

const typed = "input:not([type=checkbox], [type=radio]), textarea, select, [contenteditable]";

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && target.matches(typed);
}

/** Listens for single keys, except while somebody types or a dialog is open. */
export function useKeys(keys: Keys, isActive = true): void {
  const latest = useRef(keys);
  latest.current = keys;
  useEffect(() => {
    if (!isActive) return;
    const listen = (event: KeyboardEvent): void => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector("dialog[open]")) return;
      const action = latest.current[event.key];
      if (!action) return;
      event.preventDefault();
      action(event);
    };
    addEventListener("keydown", listen);
    return () => removeEventListener("keydown", listen);
  }, [isActive]);
}
