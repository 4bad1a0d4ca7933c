import { useQueryClient } from "@tanstack/react-query";
import { type FormEvent, useState } from "react";
import type { OperatorSession } from "../../contract/index.ts";
import { ask } from "../api/ask.ts";

/** The way in: by password, or at the provider that the configuration names. */
export function SignIn({ session }: { readonly session: OperatorSession }) {
  const client = useQueryClient();
  const [trouble, setTrouble] = useState("");
  const [isWaiting, setWaiting] = useState(false);
  const submit = async (event: FormEvent<HTMLFormElement>): Promise<void> => {
    event.preventDefault();
    const form = new FormData(event.currentTarget);
    const body = { name: String(form.get("name")), password: String(form.get("password")) };
    setWaiting(true);
    try {
      await ask("/api/session", { body });
      await client.invalidateQueries();
    } catch (error) {
      setTrouble(error instanceof Error ? error.message : "That didn't work.");
    } finally {
      setWaiting(false);
    }
  };
  return (
    <main className="alone">
      <div className="sign-in">
        <p className="brand">
          <img src="/icon.svg" alt="" width="32" height="32" />
          <span>partner-referrals</span>
          <span className={`environment ${session.environment}`}>{session.environment}</span>
        </p>
        <h1>Sign in</h1>
        {session.canUsePassword && (
          <form onSubmit={(event) => void submit(event)}>
            <label>
              Name
              <input name="name" autoComplete="username" required />
            </label>
            <label>
              Password
              <input name="password" type="password" autoComplete="current-password" required />
            </label>
            <button type="submit" className="primary" disabled={isWaiting}>
              Sign in
            </button>
          </form>
        )}
        {session.openIdLabel && (
          <a className="button" href="/api/session/openid">
            Sign in with {session.openIdLabel}
          </a>
        )}
        <p role="alert" className="bad-text">
          {trouble}
        </p>
      </div>
    </main>
  );
}
