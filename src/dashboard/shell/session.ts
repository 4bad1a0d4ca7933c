import { createContext, useContext } from "react";
import type { OperatorSession, OperatorStatus } from "../../contract/index.ts";

/** What every place of the page may ask for. */
export interface Standing {
  readonly session: OperatorSession;
  readonly status: OperatorStatus | undefined;
  readonly crmName: string;
  /** False for somebody who only looks. */
  readonly mayDecide: boolean;
}

/** Given once by the shell. */
export const StandingContext = createContext<Standing | undefined>(undefined);

/** Who looks at the page, and how the sync stands. */
export function useStanding(): Standing {
  const standing = useContext(StandingContext);
  if (!standing) throw new Error("the page's shell gives the standing");
  return standing;
}
