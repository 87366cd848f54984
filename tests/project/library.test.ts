// How C libraries come about: built when they are needed, rebuilt when sources change, refused in a sentence when that fails.
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, relative } from "node:path";
import { afterEach, beforeEach, expect, test, vi } from "vitest";
import { builtLibrary } from "../../host-tools/files/library";
import { projectPath } from "../../host-tools/files/project";

let folder: string;
const build = () => {
	const name = relative(projectPath("."), folder);
	return builtLibrary("The thing", name, `${name}/thing.so`);
};

beforeEach(() => {
	mkdirSync(projectPath("build"), { recursive: true });
	folder = mkdtempSync(projectPath("build/test-library-"));
	writeFileSync(join(folder, "thing.c"), "int thing = 1;\n");
	writeFileSync(
		join(folder, "Makefile"),
		["all: thing.so", "thing.so: thing.c", "\t$(CC) -shared -fPIC -o $@ $<", ""].join("\n"),
	);
});

afterEach(() => {
	vi.unstubAllEnvs();
	rmSync(folder, { recursive: true, force: true });
});

/** PATH becomes a folder with these programs alone. */
function onlyOnPath(...programs: string[]): void {
	const bin = join(folder, "bin");
	mkdirSync(bin);
	for (const name of programs) symlinkSync(`/usr/bin/${name}`, join(bin, name));
	vi.stubEnv("PATH", bin);
}

test("is built on first use, and again when its source is newer", () => {
	const path = build();
	const first = readFileSync(path);
	writeFileSync(join(folder, "thing.c"), "int thing = 2;\n");
	expect(build()).toBe(path);
	expect(readFileSync(path).equals(first)).toBe(false);
});

test("without make, one that is there is used and one that is not is refused", () => {
	const path = build();
	onlyOnPath();
	expect(build()).toBe(path);
	rmSync(path);
	expect(build).toThrow(/^The thing needs make, which is not installed: .*build-essential/);
});

test("without cc nothing is used that is older than its source", () => {
	build();
	writeFileSync(join(folder, "thing.c"), "int thing = 2;\n");
	onlyOnPath("make");
	expect(build).toThrow(/^The thing needs cc, which is not installed: .*build-essential/);
});

test("what does not compile is told with the compiler's reason", () => {
	writeFileSync(join(folder, "thing.c"), "int thing = ;\n");
	expect(build).toThrow(/^The thing could not be built in .*thing\.so: .*thing\.c:1.*error/);
});
