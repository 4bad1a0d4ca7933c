/** Text as an OData string literal: in single quotes, with quotes doubled. */
export const quoteString = (text: string): string => `'${text.replaceAll("'", "''")}'`;

const unsafePattern = /[^A-Za-z0-9\-._~!$'()*,;:@/?=]/gu;

/**
 * An option's value as it stands in a URL's query; what separates options or would read as a space
 * is encoded.
 */
export const encodeOptionValue = (text: string): string =>
  text.replace(unsafePattern, (character) => encodeURIComponent(character));
