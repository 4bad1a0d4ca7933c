import { useQueryClient } from "@tanstack/react-query";
import { ask } from "../api/ask.ts";
import { useStanding } from "./session.ts";
import { useToasts } from "./toasts.tsx";

/** Who is signed in, the help, and the way out. */
export function Person({ onHelp }: { readonly onHelp: () => void }) {
  const { session } = useStanding();
  const client = useQueryClient();
  const toasts = useToasts();
  const leave = async (): Promise<void> => {
    try {
      await ask("/api/session", { method: "DELETE" });
      client.clear();
      location.assign("/");
    } catch (error) {
      toasts.refused(error);
    }
  };
  return (
    <div className="person">
      <button type="button" className="plain" onClick={onHelp} aria-label="Keyboard help">
        ?
      </button>
      {session.isRequired && (
        <>
          <span className="who" title={session.role === "viewer" ? "may look" : "may decide"}>
            {session.name}
            {session.role === "viewer" && <span className="quiet"> (looks only)</span>}
          </span>
          <button type="button" onClick={() => void leave()}>
            Sign out
          </button>
        </>
      )}
    </div>
  );
}
