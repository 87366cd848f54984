// `npm run mutants -- typescript [ROOM] [COUNT]`: puts one small fault after the other into a copy of what decides whether bytes
// from outside are taken, and runs the tests of the room until one fails. COUNT faults of each room, evenly spread over all
// that can be made; all by default. Prints each fault's fate and the score.
import { spawnSync } from "node:child_process";
import { cpSync, mkdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { join, resolve } from "node:path";
import ts from "typescript";

interface Room {
	files: string[];
	/** Arguments of vitest: first the tests that are fast, then, for what they do not notice, all. */
	tests: string[][];
}

const ROOMS: Record<string, Room> = {
	store: {
		files: ["src/store/slot.ts", "src/store/store.ts", "src/store/ends.ts"],
		tests: [
			["tests/store", "tests/link/link-rules", "-t", "^(?!.*(ower cut at every|cut after cut|at any time))"],
			["tests/store"],
		],
	},
	link: {
		files: ["src/link/frame.ts", "src/link/server.ts"],
		tests: [
			["tests/link/link-frame", "tests/link/link-limits", "tests/link/link-rules"],
			["tests/link/link-versions", "tests/link/link-hostile", "tests/link/link.test"],
		],
	},
	blob: {
		files: ["codec", "container", "read", "head", "stream", "detector"].map((name) => `src/blob/${name}.ts`),
		tests: [
			["tests/blob/blob.test", "tests/blob/blob-rules", "tests/blob/stream"],
			["tests/blob/blob-hostile"],
		],
	},
};

interface Fault {
	file: string;
	start: number;
	end: number;
	replace: string;
}

const S = ts.SyntaxKind;
const OPERATORS = new Map<ts.SyntaxKind, string>([
	[S.LessThanToken, "<="],
	[S.LessThanEqualsToken, "<"],
	[S.GreaterThanToken, ">="],
	[S.GreaterThanEqualsToken, ">"],
	[S.EqualsEqualsEqualsToken, "!=="],
	[S.ExclamationEqualsEqualsToken, "==="],
	[S.AmpersandAmpersandToken, "||"],
	[S.BarBarToken, "&&"],
	[S.PlusToken, "-"],
	[S.MinusToken, "+"],
	[S.AsteriskToken, "+"],
	[S.PlusEqualsToken, "-="],
]);

/** Every fault that one change of an operator, a number, a condition or a call makes; texts and types stay. */
function faultsOf(file: string): Fault[] {
	const source = ts.createSourceFile(file, readFileSync(file, "utf8"), ts.ScriptTarget.ES2022, true);
	const faults: Fault[] = [];
	const add = (node: ts.Node, replace: string) =>
		faults.push({ file, start: node.getStart(), end: node.getEnd(), replace });
	const isText = (node: ts.Node) =>
		ts.isStringLiteralLike(node) || ts.isTemplateExpression(node) || ts.isTypeNode(node);
	const visit = (node: ts.Node): void => {
		if (isText(node) || ts.isInterfaceDeclaration(node) || ts.isImportDeclaration(node)) return;
		if (ts.isNewExpression(node) && /Error$/.test(node.expression.getText())) return;
		if (ts.isBinaryExpression(node)) {
			const other = OPERATORS.get(node.operatorToken.kind);
			const joins = node.operatorToken.kind === S.PlusToken && [node.left, node.right].some(isText);
			if (other !== undefined && !joins) add(node.operatorToken, other);
		}
		if (ts.isNumericLiteral(node)) add(node, `${Number(node.text.replaceAll("_", "")) + 1}`);
		if (node.kind === S.TrueKeyword) add(node, "false");
		if (node.kind === S.FalseKeyword) add(node, "true");
		if (ts.isIfStatement(node)) add(node.expression, "false");
		if (ts.isExpressionStatement(node) && ts.isCallExpression(node.expression)) add(node, ";");
		ts.forEachChild(node, visit);
	};
	visit(source);
	return faults;
}

/** Faults that change no behaviour, by their line with the fault in it, and why. */
const UNCHANGED: readonly [file: string, line: string, why: string][] = [
	["src/link/frame.ts", "const RAW_START = 2 + MAX_OVERHEAD;", "one byte more of room before the frame"],
	[
		"src/link/frame.ts",
		"readonly bytes = new Uint8Array(PAYLOAD_END + CRC_LENGTH + 2);",
		"one byte more of room after the frame",
	],
	["src/link/frame.ts", "readonly #bytes = new Uint8Array(MAX_ENCODED + 2);", "one byte more of room"],
	["src/link/server.ts", "#lastCrc = 1;", "no request has the sequence -1, whatever its CRC-32"],
	["src/link/server.ts", "#lastSequence = -2;", "no request has the sequence -2 either"],
	[
		"src/link/server.ts",
		"need(length >= 4 && length % 4 === 0 && length <= 5 + 4 * MAX_RECORDED);",
		"the length is a multiple of 4",
	],
	[
		"src/link/server.ts",
		"const { channels = 2, outputs = 0 } = device.model() ?? {};",
		"without a model nothing is inferred",
	],
	[
		"src/store/store.ts",
		"? first.sequence >= second.sequence",
		"a load's number is above those of both slots, so no two are equal",
	],
	["src/blob/container.ts", "if (scaled !== start > 1)", "a section that is there starts after the header"],
	["src/blob/codec.ts", "return 1;", "container.ts reads the identity itself"],
];

function unchanged(good: string, { file, start, end, replace }: Fault): string | undefined {
	const from = good.lastIndexOf("\n", start) + 1;
	const line = `${good.slice(from, start)}${replace}${good.slice(end, good.indexOf("\n", end))}`.trim();
	return UNCHANGED.find(([where, text]) => where === file && text === line)?.[2];
}

const COPY = resolve("build/mutation/typescript");

function copyProject(): void {
	rmSync(COPY, { recursive: true, force: true });
	mkdirSync(COPY, { recursive: true });
	for (const name of [
		"src",
		"firmware",
		"host-tools",
		"tests",
		"docs",
		"models",
		"package.json",
		"vitest.config.ts",
	])
		cpSync(name, join(COPY, name), { recursive: true });
	symlinkSync(resolve("node_modules"), join(COPY, "node_modules"));
}

/** Without a fault, in milliseconds. */
const MOST_TIME = 900_000;

/** The first test that fails, or undefined. @param limits of each stage, in milliseconds */
function noticed(stages: string[][], limits: number[]): string | undefined {
	for (const [i, tests] of stages.entries()) {
		const by = failing(tests, limits[i]!);
		if (by) return by;
	}
	return undefined;
}

/** Starting takes longer than most tests. */
const ONE_PROCESS = ["--no-file-parallelism", "--no-isolate"];

function failing(tests: string[], limit: number): string | undefined {
	const args = [
		"node_modules/vitest/vitest.mjs",
		"run",
		"--bail=1",
		"--reporter=dot",
		...ONE_PROCESS,
		...tests,
	];
	const { status, stdout, stderr } = spawnSync(process.execPath, args, {
		cwd: COPY,
		encoding: "utf8",
		timeout: limit, // a fault may make a loop without an end
		env: { ...process.env, NO_COLOR: "1" },
	});
	if (status === 0) return undefined;
	return /FAIL\s+(.*)/.exec(`${stdout}${stderr}`)?.[1] ?? "it does not load, or does not end";
}

export function typescriptMutants(room: string | undefined, count = Number.POSITIVE_INFINITY): void {
	copyProject();
	const rooms = Object.entries(ROOMS).filter(([name]) => room === undefined || name === room);
	if (rooms.length === 0) throw new Error(`there is no room ${room}: ${Object.keys(ROOMS).join(", ")}`);
	for (const [name, { files, tests }] of rooms) {
		const limits = tests.map((stage) => {
			const start = Date.now();
			const wrong = failing(stage, MOST_TIME);
			if (wrong) throw new Error(`the tests of ${name} fail without a fault: ${wrong}`);
			return 60_000 + 3 * (Date.now() - start);
		});
		const all = files.flatMap(faultsOf);
		const share = Math.min(1, count / all.length);
		const chosen = all.filter((_, i) => Math.floor(i * share) < Math.floor((i + 1) * share));
		let [caught, same] = [0, 0];
		for (const fault of chosen) {
			const { file, start, end, replace } = fault;
			const good = readFileSync(file, "utf8");
			const before = good.slice(0, start).split("\n");
			const what = `${file}:${before.length}: ${good.slice(start, end).replaceAll(/\s+/g, " ").slice(0, 60)} -> ${replace}`;
			const why = unchanged(good, fault);
			if (why) {
				console.log(`the same  ${what}\n            ${why}`);
				same++;
				continue;
			}
			writeFileSync(join(COPY, file), good.slice(0, start) + replace + good.slice(end));
			const by = noticed(tests, limits);
			writeFileSync(join(COPY, file), good);
			console.log(by ? `noticed   ${what}\n            ${by}` : `SURVIVED  ${what}`);
			if (by) caught++;
		}
		const score = ((100 * caught) / (chosen.length - same)).toFixed(1);
		console.log(
			`${name}: ${caught} of ${chosen.length - same} noticed (${score} %); ${same} more change nothing; ${all.length} can be made`,
		);
	}
}
