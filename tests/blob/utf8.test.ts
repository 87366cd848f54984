import fc from "fast-check";
import { expect, test } from "vitest";
import { readUtf8, writeUtf8 } from "../../src/bytes/utf8";

test("UTF-8 is Node's", () => {
	fc.assert(
		fc.property(fc.string({ unit: "binary" }), (text) => {
			const bytes = new Uint8Array(4 * text.length);
			const end = writeUtf8(new DataView(bytes.buffer), 0, bytes.length, text);
			expect(Array.from(bytes.subarray(0, end))).toEqual(Array.from(Buffer.from(text)));
			expect(readUtf8(bytes, 0, end)).toBe(Buffer.from(text).toString());
		}),
	);
	const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
	fc.assert(
		fc.property(fc.uint8Array(), (bytes) => {
			// Whole characters agree; a broken one becomes one U+FFFD or several, which is a matter of taste.
			const squeeze = (text: string) => text.replace(/\ufffd+/g, "\ufffd");
			expect(squeeze(readUtf8(bytes))).toBe(squeeze(decoder.decode(bytes)));
		}),
	);
	const bytes = new Uint8Array(8);
	expect(writeUtf8(new DataView(bytes.buffer), 0, 4, "aé€")).toBe(3); // the last does not fit
});
