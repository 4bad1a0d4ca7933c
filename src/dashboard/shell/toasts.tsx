import { createContext, type ReactNode, useCallback, useContext, useMemo, useState } from "react";

interface Toast {
  readonly id: number;
  readonly text: string;
  readonly tone: "done" | "refused";
}

interface Toaster {
  /** Says that something was done. */
  done(text: string): void;
  /** Says why something wasn't done; stays until it is read. */
  refused(error: unknown): void;
}

const shownMs = 5_000;
const Toasts = createContext<Toaster>({ done: () => {}, refused: () => {} });
let toasted = 0;

/** Shows short messages at the foot of the page, and reads them out. */
export function ToastProvider({ children }: { readonly children: ReactNode }) {
  const [toasts, setToasts] = useState<readonly Toast[]>([]);
  const remove = useCallback(
    (id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)),
    [],
  );
  const toaster = useMemo((): Toaster => {
    const add = (text: string, tone: Toast["tone"]): void => {
      toasted += 1;
      const id = toasted;
      setToasts((shown) => [...shown.slice(-2), { id, text, tone }]);
      if (tone === "done") setTimeout(() => remove(id), shownMs);
    };
    return {
      done: (text) => add(text, "done"),
      refused: (error) => add(error instanceof Error ? error.message : String(error), "refused"),
    };
  }, [remove]);
  return (
    <Toasts value={toaster}>
      {children}
      <div className="toasts" role="status" aria-live="polite">
        {toasts.map(({ id, text, tone }) => (
          <div key={id} className={`toast ${tone}`}>
            <span>{text}</span>
            <button type="button" className="plain" onClick={() => remove(id)}>
              <span aria-hidden="true">×</span>
              <span className="unseen">Dismiss</span>
            </button>
          </div>
        ))}
      </div>
    </Toasts>
  );
}

/** Says what was done, or why it wasn't. */
export function useToasts(): Toaster {
  return useContext(Toasts);
}
