import { Component, type ReactNode } from "react";
import { Trouble } from "../parts/parts.tsx";

/** Keeps a fault of one place from taking the whole page along. */
export class Guard extends Component<
  { readonly children: ReactNode },
  { readonly error: Error | undefined }
> {
  override state: { readonly error: Error | undefined } = { error: undefined };

  static getDerivedStateFromError(error: unknown) {
    return { error: error instanceof Error ? error : new Error(String(error)) };
  }

  override render(): ReactNode {
    const { error } = this.state;
    if (!error) return this.props.children;
    return <Trouble error={error} retry={() => this.setState({ error: undefined })} />;
  }
}
