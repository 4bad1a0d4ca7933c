/** A place of the page. */
export default function Settings() {
  return null;
}
