// What reaches the terminal: no text of a file or a device steers it, and nothing is written past the one place that sees to that.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { afterEach, expect, test, vi } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { refusal } from "../../host-tools/terminal/errors";
import { heading, print, printJson, say, table } from "../../host-tools/terminal/output";
import { printable, printableLines } from "../../host-tools/terminal/printable";

const HOSTILE = "\x1b]0;title\x07\x1b[2J\x9b31m\u202etxt\u2028\x7f\r\x00";
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const STEERING = /[\x00-\x09\x0b-\x1f\x7f-\x9f\u2028-\u202e\u2066-\u2069]/;

afterEach(() => vi.restoreAllMocks());

/** What `work` writes to stdout and stderr. */
function written(work: () => void): string {
	let text = "";
	for (const stream of [process.stdout, process.stderr])
		vi.spyOn(stream, "write").mockImplementation((chunk) => {
			text += chunk;
			return true;
		});
	work();
	vi.restoreAllMocks();
	return text;
}

test("every way to the terminal makes text printable", () => {
	for (const work of [
		() => print(HOSTILE),
		() => say(HOSTILE),
		() => print(heading(HOSTILE)),
		() => print(table([["name", HOSTILE]])),
		() => printJson({ HOSTILE }),
	]) {
		const text = written(work);
		expect(text).toMatch(/title.*31m.*txt/);
		expect(text).not.toMatch(STEERING);
	}
});

test("a heading is bold on a terminal, and its text still harmless", () => {
	const { isTTY } = process.stdout;
	process.stdout.isTTY = true;
	try {
		vi.stubEnv("NO_COLOR", "");
		vi.stubEnv("FORCE_COLOR", "1");
		expect(printableLines(heading("a\x1b[2Jb"))).toBe("\x1b[1ma\ufffd[2Jb\x1b[22m");
	} finally {
		process.stdout.isTTY = isTTY;
		vi.unstubAllEnvs();
	}
});

test("one line stays one line, several stay several, and JSON keeps its meaning", () => {
	expect(printable("a\nb\tc é 漢 😀")).toBe("a\ufffdb\ufffdc é 漢 😀");
	expect(printableLines("a\nb\tc é 漢 😀\r\n")).toBe("a\nb\tc é 漢 😀\ufffd\n");
	expect(JSON.parse(written(() => printJson({ [HOSTILE]: HOSTILE })))).toEqual({ [HOSTILE]: HOSTILE });
});

test("nothing else in host-tools writes to the terminal", () => {
	const files = readdirSync(projectPath("host-tools"), { recursive: true, encoding: "utf8" })
		.filter((file) => file.endsWith(".ts") && !file.startsWith("terminal/"))
		.filter((file) =>
			/\bconsole\.|process\.(stdout|stderr)\.write/.test(
				readFileSync(join(projectPath("host-tools"), file), "utf8"),
			),
		);
	expect(files).toEqual([]);
});

test("what the system refuses is a sentence; what it refuses because we erred is a defect", () => {
	const failed = (code: string, rest = {}) =>
		Object.assign(new Error("x"), { code, syscall: "write", ...rest });
	expect(refusal(failed("ENOSPC", { path: "/cache/x" }))).toBe(
		"/cache/x cannot be used: the disk is full; free some space and repeat the command (ENOSPC).",
	);
	expect(refusal(failed("ENOSPC"))).toMatch(/^A file \(write\) cannot be used: the disk is full/);
	expect(refusal(failed("EBADF"))).toBeUndefined();
	expect(refusal(new TypeError("x"))).toBeUndefined();
});
