// What the desktop target is made of: XS's sources fetched or refused in one sentence, applications bundled or refused.
import fs, { cpSync, existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { syncBuiltinESMExports } from "node:module";
import { dirname, join } from "node:path";
import { afterEach, describe, expect, test, vi } from "vitest";
import { projectPath } from "../../host-tools/files/project";
import { buildHost } from "../../host-tools/simulator/build";
import { bundleApp } from "../../host-tools/simulator/bundle";
import { exclusively, run } from "../../host-tools/simulator/process";
import { Simulator } from "../../host-tools/simulator/simulator";
import { hostCommand } from "../../host-tools/simulator/target";
import { fetchXS } from "../../host-tools/simulator/xs-sources";
import { runScript, temporaryFolder } from "../support/xs-run";

afterEach(() => {
	vi.unstubAllEnvs();
});

describe("XS's sources", () => {
	test("offline: one sentence with the remedy", async () => {
		vi.stubEnv("npm_config_registry", "http://127.0.0.1:9/");
		vi.stubEnv("npm_config_fetch_retries", "0");
		vi.stubEnv("npm_config_cache", temporaryFolder());
		const folder = temporaryFolder();
		await expect(fetchXS(folder)).rejects.toThrow(
			/^The sources of XS .* could not be fetched .*connect to the network .*put agoric-xsnap-0\.15\.0\.tgz into/,
		);
	});

	test("another package under the same name is refused and removed", async () => {
		const folder = temporaryFolder();
		const tarball = join(folder, "agoric-xsnap-0.15.0.tgz");
		writeFileSync(tarball, "not what was pinned");
		await expect(fetchXS(folder)).rejects.toThrow(/is not the package .* integrity is sha512-/);
		expect(existsSync(tarball)).toBe(false);
	});
});

describe("applications", () => {
	/** Writes files and bundles the first. */
	const bundle = (files: Record<string, string>) => {
		const folder = temporaryFolder();
		for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
		return bundleApp(join(folder, Object.keys(files)[0]!), join(folder, "bundle.js"));
	};

	test("become one module that runs on XS, with types removed and today's syntax kept", async () => {
		const app = await bundle({
			"main.ts": `
				import { log } from "edge-ssm/memory";
				import { Counter } from "./counter";
				export default function (): void {
					const counter: Counter = new Counter();
					for (const part of [1, 2, 3] as const) counter.add(part);
					log(String(counter?.total ?? "none"));
				}`,
			"counter.ts": `
				export class Counter {
					static #made = 0;
					#total = 0;
					static { Counter.#made = 36; }
					add(n: number): void { this.#total += n; }
					get total(): number { return this.#total + Counter.#made; }
				}`,
		});
		const simulator = new Simulator(hostCommand(await buildHost(), { app }));
		expect(await simulator.stop()).toEqual({ code: 0, reason: "ended" });
		expect(simulator.log).toEqual(["42"]);
	});

	test("are refused when they import what no target has, go in circles, or do not parse", async () => {
		await expect(bundle({ "main.ts": `import "node:fs";` })).rejects.toThrow(
			/main\.ts can't be bundled.*node:fs/s,
		);
		await expect(bundle({ "main.ts": `import "./absent";` })).rejects.toThrow(/absent/);
		await expect(bundle({ "main.ts": `const = 1;` })).rejects.toThrow(/main\.ts can't be bundled/);
		const circle = {
			"a.ts": `import "./b"; export const a = 1;`,
			"b.ts": `import { a } from "./a"; export const b = a;`,
		};
		await expect(bundle(circle)).rejects.toThrow(/[Cc]ircular/);
	});

	test("a program that is not there is told", async () => {
		const simulator = new Simulator({ program: join(temporaryFolder(), "absent"), args: [] });
		await expect(simulator.exited).rejects.toThrow(/could not be started/);
	});
});

test("XS's version is told in numbers, also where its headers compute them", async () => {
	const built = await buildHost();
	const folder = temporaryFolder();
	const headers = join(folder, "headers");
	mkdirSync(headers);
	const macros = ["MAJOR (8 + 9)", "MINOR (3 + 1 + 3)", "PATCH 0"].map((macro) => {
		const [name, ...value] = macro.split(" ");
		return `#undef XS_${name}_VERSION\n#define XS_${name}_VERSION ${value.join(" ")}\n`;
	});
	writeFileSync(join(headers, "xsAll.h"), ['#include_next "xsAll.h"\n', ...macros].join(""));
	// all but the one object is as it was built
	cpSync(projectPath("build/host"), folder, { recursive: true, preserveTimestamps: true });
	rmSync(join(folder, "release/essm-memory.o"));
	const xs = await fetchXS();
	const target = projectPath("firmware/targets/host");
	const { code, stdout } = await run("make", [
		...["-C", target, `XS=${xs}`, `OUT=${folder}`, `CC=cc -I${headers}`],
		`${folder}/edge-ssm-host`,
	]);
	expect(code).toBe(0);
	expect(stdout.match(/^CC /gm)).toHaveLength(1);
	const script =
		'import { toolchain } from "edge-ssm/memory"; export default function () { log(toolchain()); }';
	const { log } = await runScript(join(folder, built.slice(built.lastIndexOf("/") + 1)), script);
	expect(log[0]).toMatch(/^XS 17\.7\.0, (gcc|Apple|clang)/);
});

test("whoever waits for another process's build says so", async () => {
	const lock = join(temporaryFolder(), "lock");
	mkdirSync(lock);
	writeFileSync(join(lock, "pid"), String(process.pid));
	const said = new Promise<string>((resolve) => {
		vi.spyOn(process.stderr, "write").mockImplementation((text) => {
			resolve(String(text));
			return true;
		});
	});
	const work = exclusively(lock, "building XS", async () => 42);
	expect(await said).toBe(`waiting for process ${process.pid}, which is building XS\n`);
	rmSync(lock, { recursive: true });
	expect(await work).toBe(42);
	vi.restoreAllMocks();
});

test("one at a time under a lock, however many ask, also after one that died", async () => {
	const lock = join(temporaryFolder(), "lock");
	mkdirSync(lock);
	writeFileSync(join(lock, "pid"), "999999999");
	let inside = 0;
	const worked = await Promise.all(
		Array.from({ length: 5 }, (_, i) =>
			exclusively(lock, "working", async () => {
				expect(++inside).toBe(1);
				await new Promise((resolve) => setImmediate(resolve));
				inside--;
				return i;
			}),
		),
	);
	expect(worked).toEqual([0, 1, 2, 3, 4]);
	expect(readdirSync(dirname(lock))).toEqual([]);
});

test("a lock vanishes in one step: what waits for it never finds it there and empty", async () => {
	const folder = temporaryFolder();
	const lock = join(folder, "lock");
	mkdirSync(lock);
	writeFileSync(join(lock, "pid"), "999999999");
	const states = new Set<string>();
	const look = () => states.add(existsSync(lock) ? readdirSync(lock).join() : "gone");
	const { rmdirSync, unlinkSync } = fs;
	// Removes as rmSync does, file by file, and looks in between.
	const spy = vi.spyOn(fs, "rmSync").mockImplementation((path) => {
		for (const name of readdirSync(path)) unlinkSync(join(String(path), name));
		look();
		rmdirSync(path);
	});
	syncBuiltinESMExports();
	try {
		expect(await exclusively(lock, "working", async () => look() && 42)).toBe(42);
	} finally {
		spy.mockRestore();
		syncBuiltinESMExports();
	}
	expect([...states].sort()).toEqual(["gone", "pid"]);
	expect(readdirSync(folder)).toEqual([]);
});
