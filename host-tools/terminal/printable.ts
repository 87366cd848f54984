// Text from files and devices (labels, names, logs, errors) without what could steer a terminal.

/** Control characters, and the marks that break lines or turn the direction of text. */
const STEERING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** The same but for line ends, tabs, and the two escapes of `heading`: bold on, bold off. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const ALLOWED = /\n|\t|\x1b\[(?:1|22)m/;
const STEERING_LINES = new RegExp(`(${ALLOWED.source})|${STEERING.source}`, "gu");

/** One line of text. */
export function printable(text: string): string {
	return text.replace(STEERING, "\ufffd");
}

/** Text of several lines, with headings in it. */
export function printableLines(text: string): string {
	return text.replace(STEERING_LINES, (_, allowed?: string) => allowed ?? "\ufffd");
}

/** JSON that says the same without them. */
export function escapeControls(json: string): string {
	return json.replace(STEERING, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
