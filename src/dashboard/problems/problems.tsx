/** A place of the page. */
export default function Problems() {
  return null;
}
