import { Empty } from "../parts/parts.tsx";
import { Link } from "./router.tsx";

/** There is nothing at this address. */
export function NotFound() {
  return (
    <Empty title="There is nothing at this address.">
      Go to the <Link to="/">overview</Link>, or search with the field above.
    </Empty>
  );
}
