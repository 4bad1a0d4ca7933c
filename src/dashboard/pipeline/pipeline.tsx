/** A place of the page. */
export default function PipelinePage() {
  return null;
}
