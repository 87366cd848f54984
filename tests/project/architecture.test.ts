// The house as docs/ARCHITECTURE.md draws it. Its table of rooms is read here: imports go along its arrows and no others. To
// rename a room or to allow an arrow, edit the table; rooms stand in it from the bottom up, and an arrow points upwards in the
// table, to a room that knows less.
import { existsSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";

const ROOTS = ["src", "host-tools", "firmware", "benchmarks"];
/** Made by a program; each says so in its first lines. */
const GENERATED = [
	"firmware/kernel/essm_layout.c",
	"firmware/kernel/essm_layout.h",
	"firmware/kernel/essm_tables.c",
	"host-tools/search/coefficients.ts",
];
const MAX_LINES = 400;

/** What does not hold yet. Each list only shrinks: an entry that offends no longer fails too. */
const KNOWN: Record<"tooLong" | "cycles" | "namesS4d" | "assumesClasses", string[]> = JSON.parse(
	readFileSync("tests/fixtures/architecture-known.json", "utf8"),
);

const read = (file: string) => readFileSync(file, "utf8");
const files = ROOTS.flatMap((root) =>
	readdirSync(root, { recursive: true, encoding: "utf8" }).map((name) => `${root}/${name}`),
)
	.map((file) => file.replaceAll("\\", "/"))
	.filter((file) => /\.(ts|js|c|h)$/.test(file))
	.sort();
const known = new Set(files);

interface Room {
	name: string;
	/** May import every room that stands before it. */
	everything: boolean;
	may: string[];
}

/** Rows of the page's table: | `room` | what is in it | `room`, `room` |, or "everything" that stands before it. */
const rooms: Room[] = [];
for (const line of read("docs/ARCHITECTURE.md").split("\n")) {
	const [, name, may] = /^\| `([\w/-]+)` \|.*\|([^|]*)\|$/.exec(line) ?? [];
	if (name === undefined || may === undefined) continue;
	const floor = name.slice(0, name.indexOf("/"));
	const arrows = [...may.matchAll(/`([\w/-]+)`/g)].map(([, arrow]) => arrow!);
	rooms.push({
		name,
		everything: may.trim() === "everything",
		may: arrows.map((arrow) => (/^(src|firmware|host-tools)\//.test(arrow) ? arrow : `${floor}/${arrow}`)),
	});
}

const roomOf = (file: string) =>
	rooms.map(({ name }) => name).find((name) => file.startsWith(`${name}/`)) ?? path.posix.dirname(file);

function mayImport(a: string, b: string): boolean {
	const i = rooms.findIndex(({ name }) => name === a);
	const { everything, may } = rooms[i] ?? { everything: false, may: [] as string[] };
	return everything ? rooms.slice(0, i).some(({ name }) => name === b) : may.includes(b);
}

interface Import {
	from: string;
	/** As it is written. */
	what: string;
	/** The file that is meant; undefined: a package, a module of Node or of the SDK, a system header. */
	to: string | undefined;
}

/** XS modules by the names that the manifests give them. */
const moduleFile = (what: string) =>
	/^edge-ssm\/(kernel|memory|identity)$/.test(what)
		? `firmware/modules/${what.replace("edge-ssm/", "essm-")}.d.ts`
		: what === "edge-ssm/partition"
			? "firmware/library/partition/partition.d.ts"
			: undefined;

function moduleImports(from: string): Import[] {
	return ts.preProcessFile(read(from), true, true).importedFiles.map(({ fileName: what }) => {
		if (!what.startsWith(".")) return { from, what, to: moduleFile(what) };
		const place = path.posix.join(path.posix.dirname(from), what);
		const to = [place, `${place}.ts`, `${place}.d.ts`, place.replace(/\.js$/, ".d.ts")].find((file) =>
			known.has(file),
		);
		return { from, what, to: to ?? place };
	});
}

/** C looks beside the file, then where the Makefile says: a header of that name elsewhere in the project, if there is one. */
function includes(from: string): Import[] {
	return [...read(from).matchAll(/^\s*#\s*include\s+(["<])([^">]+)[">]/gm)].map(([, quote, what]) => {
		const beside = path.posix.join(path.posix.dirname(from), what!);
		const elsewhere = quote === "<" ? undefined : files.find((file) => file.endsWith(`/${what}`));
		return { from, what: what!, to: known.has(beside) ? beside : elsewhere };
	});
}

const imports = files.flatMap((file) => (/\.[ch]$/.test(file) ? includes(file) : moduleImports(file)));
const inside = imports.filter((one): one is Import & { to: string } => one.to !== undefined);

/** Text without comments: what code says, not what is said about it. */
const code = (file: string) => read(file).replace(/\/\*[\s\S]*?\*\/|(?<![:"'`\\])\/\/.*$/gm, "");

/** Fails on offenders that are not listed, and on listed files that offend no longer. */
function onlyListed(offenders: readonly string[], listed: readonly string[], what: string) {
	expect(
		offenders.filter((file) => !listed.includes(file)),
		what,
	).toEqual([]);
	expect(
		listed.filter((file) => !offenders.includes(file)),
		`no longer an offender (${what}): take it off the list`,
	).toEqual([]);
}

describe("rooms", () => {
	test("the page names every room that there is, and no other", () => {
		const folders = new Set(files.map((file) => roomOf(file)));
		expect([...folders].filter((folder) => !rooms.some(({ name }) => name === folder))).toEqual([]);
		expect(rooms.map(({ name }) => name).filter((name) => !folders.has(name))).toEqual([]);
	});

	test("arrows point to rooms that stand earlier in the table, so that none goes up and there are no cycles", () => {
		const wrong = rooms.flatMap(({ name, may }, i) =>
			may
				.filter((arrow) => !rooms.slice(0, i).some((room) => room.name === arrow))
				.map((arrow) => `${name} -> ${arrow}`),
		);
		expect(wrong).toEqual([]);
	});

	test("every import between rooms is an arrow of the table, and every arrow is used", () => {
		const used = new Set<string>();
		const wrong = inside.flatMap(({ from, to, what }) => {
			const [a, b] = [roomOf(from), roomOf(to)];
			used.add(`${a} -> ${b}`);
			return a === b || mayImport(a, b) ? [] : [`${from}: ${what} (${a} -> ${b})`];
		});
		expect(wrong).toEqual([]);
		const unused = rooms
			.flatMap(({ name, may }) => may.map((arrow) => `${name} -> ${arrow}`))
			.filter((arrow) => !used.has(arrow));
		expect(unused).toEqual([]);
	});

	test("every import has its file", () => {
		expect(inside.filter(({ to }) => !existsSync(to)).map(({ from, what }) => `${from}: ${what}`)).toEqual(
			[],
		);
	});
});

describe("the outside", () => {
	const outside = imports.filter(({ to }) => to === undefined);

	test("src and the kernel import nothing but themselves; of C's headers the kernel takes those without a library", () => {
		const wrong = outside.filter(({ from, what }) =>
			from.startsWith("firmware/kernel/") && !from.includes("/fuzz/")
				? !["stddef.h", "stdint.h"].includes(what)
				: from.startsWith("src/"),
		);
		expect(wrong.map(({ from, what }) => `${from}: ${what}`)).toEqual([]);
	});

	/** Packages that are not installed: bundled with the file, or used from source only (rollup.config.js). */
	const AT_BUILD: Record<string, string[]> = {
		"host-tools/report/draw.ts": ["vega", "vega-lite"],
		"host-tools/simulator/bundle.ts": ["@rollup/plugin-node-resolve", "rollup", "rollup-plugin-esbuild"],
	};

	test("host tools import Node and the packages that are installed with them", () => {
		const packages = Object.keys(JSON.parse(read("package.json")).dependencies);
		const wrong = outside.filter(
			({ from, what }) =>
				/^host-tools\/.*\.ts$/.test(from) &&
				!what.startsWith("node:") &&
				!AT_BUILD[from]?.includes(what) &&
				!packages.some((name) => what === name || what.startsWith(`${name}/`)),
		);
		expect(wrong.map(({ from, what }) => `${from}: ${what}`)).toEqual([]);
	});
});

/** Sets of files that import each other, types included; each as one line. */
function cycles(): string[] {
	const next = new Map(
		files.map((file) => [file, inside.filter(({ from }) => from === file).map(({ to }) => to)]),
	);
	const reach = new Map(
		files.map((file) => {
			const seen = new Set<string>();
			const stack = [...(next.get(file) ?? [])];
			for (let at = stack.pop(); at !== undefined; at = stack.pop())
				if (!seen.has(at)) {
					seen.add(at);
					stack.push(...(next.get(at) ?? []));
				}
			return [file, seen];
		}),
	);
	const rings = files.map((file) =>
		files.filter((other) => reach.get(file)!.has(other) && reach.get(other)!.has(file)),
	);
	return [...new Set(rings.filter((ring) => ring.length > 0).map((ring) => ring.join(" ")))];
}

describe("files", () => {
	test("no cycles, types included", () => {
		onlyListed(cycles(), KNOWN.cycles, "files that import each other");
	});

	test(`no product file is longer than ${MAX_LINES} lines, those made by a program apart`, () => {
		for (const file of GENERATED) expect(read(file).slice(0, 400), file).toMatch(/npm run (generate|bench)/);
		const long = files.filter(
			(file) => !GENERATED.includes(file) && read(file).trimEnd().split("\n").length > MAX_LINES,
		);
		onlyListed(long, KNOWN.tooLong, `longer than ${MAX_LINES} lines`);
	});
});

// A kind is a file per room that has its name; everyone else asks the kind. These names are how others would show that they know.
const S4D_TENSORS =
	/\b(log_dt|inv_dt|log_A_real|A_real|A_imag|[BC]_real|[BC]_imag|C_re|C_im|logDt|logAReal|AImag|CReal|CImag)\b/;
const CLASSES = /\b(classes|classCount|classNames?|argmax|logits?)\b/i;
const named = (file: string, ...kinds: string[]) =>
	path.posix
		.basename(file)
		.split(/[._-]/)
		.some((word) => kinds.includes(word));

describe("kinds", () => {
	/** A room's list: nothing but `export { kind } from "./kind"`. */
	const isList = (file: string) => /^(\s*export \{[^}]*\} from "[^"]*";)+\s*$/.test(code(file));
	const others = files.filter((file) => !GENERATED.includes(file) && !isList(file));

	test("only S4D's own files name its tensors", () => {
		const offenders = others.filter((file) => !named(file, "s4d", "s4block") && S4D_TENSORS.test(code(file)));
		onlyListed(offenders, KNOWN.namesS4d, "names S4D's tensors");
	});

	test("only files of classes and classification assume classes", () => {
		const own = (file: string) =>
			named(file, "classes", "classify", "classifier") || file.startsWith("src/classifier/");
		onlyListed(
			others.filter((file) => !own(file) && CLASSES.test(code(file))),
			KNOWN.assumesClasses,
			"assumes classes",
		);
	});
});
