/** A place of the page. */
export default function Conflicts() {
  return null;
}
