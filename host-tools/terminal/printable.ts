// Text from files and devices (labels, names, logs, errors) without anything that could control a terminal.

/** Control characters, and marks that break lines or change text direction. */
const STEERING = /[\p{Cc}\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/gu;
/** The same except line ends, tabs, and the two escapes of `heading`: bold on, bold off. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: the pattern looks for them
const ALLOWED = /\n|\t|\x1b\[(?:1|22)m/;
const STEERING_LINES = new RegExp(`(${ALLOWED.source})|${STEERING.source}`, "gu");

/** One line of text. */
export function printable(text: string): string {
	return text.replace(STEERING, "\ufffd");
}

/** Text of several lines, with headings. */
export function printableLines(text: string): string {
	return text.replace(STEERING_LINES, (_, allowed?: string) => allowed ?? "\ufffd");
}

/** Equivalent JSON without them. */
export function escapeControls(json: string): string {
	return json.replace(STEERING, (mark) => `\\u${mark.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
