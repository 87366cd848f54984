// The Moddable manifests, as far as they can be checked without the SDK: what they list exists, what the application
// reaches is listed, preloaded and frozen, nothing collides, and the partitions keep IDF's rules.
// tests/firmware/manifests-lin.test.ts builds them with the SDK where there is one.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { describe, expect, test } from "vitest";
import { boards, buildFirmware, findModdable } from "../../host-tools/device/build-firmware";
import { projectPath } from "../../host-tools/files/project";
import { defaultPartitions } from "../../host-tools/simulator/target";

type Targets = Record<string, string | string[]>;
interface Manifest {
	build?: Record<string, string>;
	include?: string | string[];
	modules?: Targets;
	preload?: string | string[];
	creation?: Record<string, unknown>;
	platforms?: Record<string, object>;
	config?: Record<string, unknown>;
	typescript?: { tsconfig: { compilerOptions: { types?: string[] } } };
}

const list = <T>(value: T | T[] | undefined): T[] =>
	value === undefined ? [] : Array.isArray(value) ? value : [value];

/** A manifest and those of ours that it includes, included ones first; the paths in them absolute. */
function read(path: string): Manifest[] {
	const folder = dirname(path);
	const manifest = JSON.parse(readFileSync(path, "utf8")) as Manifest;
	const absolute = (source: string) => (source.startsWith(".") ? join(folder, source) : source);
	for (const [name, sources] of Object.entries(manifest.modules ?? {}))
		manifest.modules![name] = list(sources).map(absolute);
	for (const [name, value] of Object.entries(manifest.build ?? {})) manifest.build![name] = absolute(value);
	const types = manifest.typescript?.tsconfig.compilerOptions.types;
	if (types) manifest.typescript!.tsconfig.compilerOptions.types = types.map(absolute);
	const ours = list(manifest.include).filter((include) => include.startsWith("."));
	return [...ours.flatMap((include) => read(join(folder, include))), manifest];
}

const board = (name: string) => read(projectPath(`manifests/${name}/manifest.json`));

/** Specifier and source of everything that a board lists of ours. */
function listed(name: string): [specifier: string, source: string][] {
	return board(name).flatMap(({ modules = {} }) =>
		Object.entries(modules).flatMap(([specifier, sources]) =>
			list(sources)
				.filter((source) => source.startsWith("/") && specifier !== "~")
				.map((source): [string, string] => [specifier, source]),
		),
	);
}

/** The files that mcconfig takes for a source: all with that name, whatever comes behind the dot. */
function filesOf(source: string): string[] {
	const folder = dirname(source);
	const name = basename(source);
	if (!existsSync(folder)) return [];
	const matches = (file: string) =>
		name === "*" || file === name || file.replace(/(\.d)?\.[^.]+$/, "") === name;
	return readdirSync(folder)
		.filter((file) => /\.(ts|js|c|h)$/.test(file) && matches(file))
		.map((file) => join(folder, file));
}

/** Modules that a module loads, by what remains of its imports when types are gone: path for relative ones, else name. */
function importsOf(file: string): string[] {
	const text = readFileSync(file, "utf8");
	return [...text.matchAll(/^(?:import|export)\s+(?!type\b)([^;]*?)from\s+"([^"]+)"/gms)]
		.filter(([, names]) => !/^\{\s*(type\s+\w+\s*,?\s*)+\}\s*$/.test(names!))
		.map(([, , from]) => (from!.startsWith(".") ? join(dirname(file), from!) : from!));
}

function reached(file: string, files = new Set<string>(), names = new Set<string>()) {
	if (files.has(file)) return { files, names };
	files.add(file);
	for (const from of importsOf(file)) {
		if (from.startsWith("/")) reached(`${from}.ts`, files, names);
		else names.add(from);
	}
	return { files, names };
}

/** Paths to the arrays and literals in an exported value that could be changed; xsl warns of these, and of private ones. */
function thawed(value: unknown, path: string): string[] {
	if (typeof value !== "object" || value === null) return [];
	const inner = Object.entries(value).flatMap(([name, part]) => thawed(part, `${path}.${name}`));
	const isModule = Object.getPrototypeOf(value) === null;
	return isModule || Object.isFrozen(value) ? inner : [path, ...inner];
}

/** Modules of the SDK that its own manifests bring, and preload where they can be. */
const SDK = ["flash", "timer", "embedded:io/serial", "embedded:io/smbus", "mc/config"];
const SENSOR = "embedded:sensor/Accelerometer-Gyroscope/MPU6050";

describe.each(boards)("manifests/%s", (name) => {
	const merged = board(name);
	const sources = listed(name);
	const preload = merged.flatMap((manifest) => list(manifest.preload));
	const creation = Object.assign({}, ...merged.map((manifest) => manifest.creation ?? {}));
	const main = String(creation.main);

	test("lists files that exist, each module under the name that relative imports give it", () => {
		for (const [specifier, source] of sources) {
			expect(filesOf(source), source).not.toEqual([]);
			if (filesOf(source).some((file) => file.endsWith(".ts") && !file.endsWith(".d.ts")))
				expect(specifier).toBe(relative(projectPath("."), source));
		}
		for (const manifest of merged)
			for (const type of manifest.typescript?.tsconfig.compilerOptions.types ?? [])
				expect(existsSync(`${type}.d.ts`), type).toBe(true);
	});

	test("lists and preloads exactly what its main reaches", () => {
		const { files, names } = reached(projectPath(`${main}.ts`));
		const wanted = [...files].map((file) => relative(projectPath("."), file).slice(0, -3));
		const native = [...names].filter((from) => !SDK.includes(from) && from !== SENSOR);
		const ts = sources.flatMap(([specifier, source]) =>
			filesOf(source).some((file) => file.endsWith(".ts") && !file.endsWith(".d.ts")) ? [specifier] : [],
		);
		expect(ts.sort()).toEqual(wanted.sort());
		const ours = preload.filter((specifier) => name !== "lin" || !SDK.includes(specifier));
		expect(ours.sort()).toEqual([...wanted, ...native].sort());
		const have = new Set(sources.map(([specifier]) => specifier));
		for (const specifier of native) expect(have, specifier).toContain(specifier);
	});

	test("keeps no constant of src/ in RAM: all that its modules export is frozen", async () => {
		const specifiers = sources.map(([specifier]) => specifier).filter((name) => name.startsWith("src/"));
		for (const specifier of specifiers)
			expect(thawed(await import(projectPath(`${specifier}.ts`)), specifier)).toEqual([]);
	});

	test("brings every source of the kernel, and no two C files of one name", () => {
		const c = sources.flatMap(([, source]) => filesOf(source)).filter((file) => file.endsWith(".c"));
		const kernel = readdirSync(projectPath("firmware/kernel")).filter((file) => file.endsWith(".c"));
		const names = [...new Set(c)].map((file) => basename(file));
		expect(names).toEqual(expect.arrayContaining([...kernel, "essm-kernel.c", "essm-memory.c"]));
		// objects of the SDK, and of the modules of it that are included
		const sdk = name === "lin" ? [] : ["flash.c", "serial.c"];
		const all = [...names, ...sdk, "timer.c", "modTimer.c", "Resource.c", "main.c", "mc.xs.c"];
		expect(new Set(all).size).toBe(all.length);
	});

	test("says all of creation, and refuses other platforms", () => {
		expect(creation).toEqual({
			static: expect.any(Number),
			chunk: { initial: expect.any(Number), incremental: expect.any(Number) },
			heap: { initial: expect.any(Number), incremental: expect.any(Number) },
			stack: expect.any(Number),
			keys: {
				initial: expect.any(Number),
				incremental: expect.any(Number),
				name: expect.any(Number),
				symbol: expect.any(Number),
			},
			parser: { buffer: expect.any(Number), table: expect.any(Number) },
			main: expect.any(String),
		});
		expect(existsSync(projectPath(`${main}.ts`))).toBe(true);
		const platforms = merged.at(-1)!.platforms!;
		expect(Object.keys(platforms)).toHaveLength(2);
		expect(platforms["..."]).toHaveProperty("error");
	});

	test.skipIf(name === "lin")("names its pins, its partitions and its sdkconfig", () => {
		const config = merged.at(-1)!.config!;
		expect(config.target).toBe(name);
		const { serial, i2c } = config as Record<string, Record<string, number>>;
		const pins = [serial!.receive, serial!.transmit, i2c!.data, i2c!.clock];
		expect(pins.every((pin) => Number.isInteger(pin) && pin! >= 0 && pin! <= 48)).toBe(true);
		expect(new Set(pins).size).toBe(4);
		const build = Object.assign({}, ...merged.map((manifest) => manifest.build ?? {}));
		expect(existsSync(build.PARTITIONS_FILE)).toBe(true);
		expect(existsSync(join(build.SDKCONFIGPATH, "sdkconfig.defaults"))).toBe(true);
	});
});

// ESP-IDF Programming Guide, "Partition Tables"; components/partition_table/gen_esp32part.py
describe("partitions.csv", () => {
	const FLASH_BYTES = 4 * 1024 * 1024;
	const SUBTYPES: Record<string, string[]> = {
		app: ["factory", "test", "ota_0", "ota_1"],
		data: [
			"ota",
			"phy",
			"nvs",
			"coredump",
			"nvs_keys",
			"efuse",
			"undefined",
			"esphttpd",
			"fat",
			"spiffs",
			"littlefs",
		],
	};
	const rows = readFileSync(projectPath("manifests/partitions.csv"), "utf8")
		.split("\n")
		.filter((line) => line.trim() !== "" && !line.startsWith("#"))
		.map((line) => line.split(",").map((field) => field.trim()))
		.map(([name, type, subtype, offset, size]) => ({
			name: name!,
			type: type!,
			subtype: subtype!,
			offset: Number(offset),
			size: Number(size),
		}));

	test("keeps IDF's rules", () => {
		let end = 0x9000; // bootloader, and the table itself at 0x8000
		for (const { name, type, subtype, offset, size } of rows) {
			expect(name).toMatch(/^[a-z0-9_]{1,16}$/);
			expect(SUBTYPES[type], name).toContain(subtype);
			expect(offset % (type === "app" ? 0x10000 : 0x1000), name).toBe(0);
			expect(size % 0x1000, name).toBe(0);
			expect(size, name).toBeGreaterThan(0);
			expect(offset, name).toBeGreaterThanOrEqual(end);
			end = offset + size;
		}
		expect(end).toBe(FLASH_BYTES);
		expect(new Set(rows.map(({ name }) => name)).size).toBe(rows.length);
	});

	test("has the model slots where every target has them, on pages that flash is mapped by", () => {
		const slots = rows.filter(({ name }) => name.startsWith("model_"));
		expect(slots).toEqual(
			defaultPartitions.map((partition) => ({
				...{ name: partition.name, offset: partition.offset, size: partition.length },
				...{ type: "data", subtype: "undefined" },
			})),
		);
		for (const { offset } of slots) expect(offset % 0x10000).toBe(0);
		expect(rows.find(({ type }) => type === "app")!.size).toBeGreaterThanOrEqual(0x180000);
	});
});

test("without the SDK or IDF, building says what is missing and how to get it", async () => {
	const { MODDABLE, IDF_PATH } = process.env;
	try {
		delete process.env.MODDABLE;
		expect(() => findModdable()).toThrow(/MODDABLE is not set.*xs-dev/);
		process.env.MODDABLE = projectPath("docs");
		await expect(buildFirmware({ board: "esp32" })).rejects.toThrow(/has no tools/);
	} finally {
		restore("MODDABLE", MODDABLE);
		restore("IDF_PATH", IDF_PATH);
	}
});

function restore(name: string, value: string | undefined): void {
	if (value === undefined) delete process.env[name];
	else process.env[name] = value;
}
