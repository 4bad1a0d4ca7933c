/** A place of the page. */
export default function Mapping() {
  return null;
}
