// The command `dataset` against a server on this machine: the true MNIST files when ../shared has them, archives made here, and
// everything that a server or a network can do wrong.
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { strToU8, zipSync } from "fflate";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataset } from "../../host-tools/datasets/open";
import { buildCli, type Ended, runCli } from "../support/cli-run";
import { sharedPath } from "../support/shared";
import { toTs } from "../support/ts-files";

const mnist = sharedPath("data/mnist");
/** Sequences of one step with the classes of ECG5000: its counts, not its values. */
const ecg = (counts: number[]) =>
	strToU8(`@data\n${counts.map((n, label) => `${label}.5:${label + 1}\n`.repeat(n)).join("")}`);
const ECG = zipSync({
	"ECG5000_TRAIN.ts": ecg([292, 177, 10, 19, 2]),
	"ECG5000_TEST.ts": ecg([2627, 1590, 86, 175, 22]),
});
const ECG_SUM = createHash("sha256").update(ECG).digest("hex");
const vowels = sharedPath("data/JapaneseVowels");
let japaneseVowels: Uint8Array;

let cli: { file: string; remove: () => void };
let folder: string;
let server: Server;
let address: string;
const run = (...args: string[]): Promise<Ended> => runCli(cli.file, ["dataset", ...args], folder);

beforeAll(async () => {
	cli = await buildCli();
	folder = mkdtempSync(join(tmpdir(), "cli-dataset-"));
	if (vowels)
		japaneseVowels = zipSync({
			"JapaneseVowels_TRAIN.ts": strToU8(toTs(await openDataset(vowels, "train"))),
			"JapaneseVowels_TEST.ts": strToU8(toTs(await openDataset(vowels, "test"))),
		});
	server = createServer(({ url = "" }, response) => {
		if (url.startsWith("/mnist/") && mnist) response.end(readFileSync(join(mnist, basename(url))));
		else if (url === "/ts/ECG5000.zip") response.end(ECG);
		else if (url === "/ts/JapaneseVowels.zip") response.end(japaneseVowels);
		else if (url.startsWith("/other/")) response.end(gzipSync("other"));
		else if (url.startsWith("/endless/")) {
			response.on("error", () => {});
			const more = () => {
				while (!response.destroyed && response.write(Buffer.alloc(2 ** 20)));
				if (!response.destroyed) response.once("drain", more);
			};
			more();
		} else response.writeHead(404).end();
	});
	await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
	address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});
afterAll(() => {
	server.closeAllConnections();
	server.close();
	cli.remove();
	rmSync(folder, { recursive: true });
});

test.skipIf(!mnist)("MNIST arrives whole and opens (needs ../shared)", async () => {
	const { code, stdout, stderr } = await run(
		"mnist",
		"--mirror",
		`${address}/mnist`,
		"-o",
		"data/mnist",
		"--json",
	);
	expect(code, stderr).toBe(0);
	expect(JSON.parse(stdout).files).toHaveLength(4);
	const data = await openDataset(join(folder, "data/mnist"), "test");
	expect([...data.targets.of.subarray(0, 10)]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
});

test.each([
	["another file", "mnist", () => `${address}/other`, /not the published file/],
	["another file, packed sums", "fashion-mnist", () => `${address}/other/`, /not the published file/],
	["a server without the files", "mnist", () => `${address}/none`, /the server answered 404/],
	["an answer without end", "mnist", () => `${address}/endless`, /far larger/],
	[
		"nobody there",
		"mnist",
		() => "http://127.0.0.1:1/",
		/could not be fetched.*127\.0\.0\.1:1: .*Check the network/,
	],
	["no address", "mnist", () => "ftp://x", /starts with http/],
])("%s is refused in a sentence, and nothing is written", async (_, name, mirror, sentence) => {
	const { code, stderr } = await run(name, "--mirror", mirror(), "-o", "refused");
	expect(stderr).toMatch(sentence);
	expect(code).toBe(1);
	expect(existsSync(join(folder, "refused"))).toBe(false);
});

test.skipIf(!vowels)("an archive with the known values is converted (needs ../shared)", async () => {
	const { code, stdout, stderr } = await run(
		"japanesevowels",
		"--mirror",
		`${address}/ts`,
		"-o",
		"data/vowels",
		"--json",
	);
	expect(code, stderr).toBe(0);
	expect(JSON.parse(stdout)).toMatchObject({ known: true, bytes: japaneseVowels.length });
	for (const split of ["train", "test"] as const) {
		const [data, truth] = await Promise.all(
			[join(folder, "data/vowels"), vowels!].map((source) => openDataset(source, split)),
		);
		expect(data!.values).toEqual(truth!.values);
		expect(data!.targets.of).toEqual(truth!.targets.of);
		expect(data!.lengths).toEqual(truth!.lengths);
	}
});

test("an archive of which no checksum is known is believed only when its own is given", async () => {
	const from = ["ecg5000", "--mirror", `${address}/ts`, "-o", "ecg"];
	const unknown = await run(...from);
	expect(unknown.code).toBe(1);
	expect(unknown.stderr).toContain(`no known checksum; to trust it, give --sha256 ${ECG_SUM}.`);
	const wrong = await run(...from, "--sha256", "0".repeat(64));
	expect(wrong.code).toBe(1);
	expect(wrong.stderr).toContain(`has the SHA-256 ${ECG_SUM}, not the one given`);
	expect((await run(...from, "--sha256", "12")).stderr).toMatch(/Expected 64 hexadecimal digits/);
	expect(existsSync(join(folder, "ecg"))).toBe(false);
	const { code, stdout, stderr } = await run(...from, "--sha256", ECG_SUM.toUpperCase(), "--json");
	expect(code, stderr).toBe(0);
	expect(JSON.parse(stdout)).toMatchObject({ sha256: ECG_SUM, known: null });
	const data = await openDataset(join(folder, "ecg"), "test");
	expect(data.targets.names[3]).toBe("SP/EB");
	expect(data.count).toBe(4500);
	expect(data.values[2627]).toBe(1.5);
});

test("an archive that is there already is converted without a network", async () => {
	writeFileSync(join(folder, "mine.zip"), ECG);
	const { code, stdout, stderr } = await run("ecg5000", "--archive", "mine.zip", "-o", "mine");
	expect(code, stderr).toBe(0);
	expect(stdout).toContain(ECG_SUM);
	expect((await openDataset(join(folder, "mine"), "train")).count).toBe(500);
});

test.each([
	["another file", ["epilepsy", "--mirror", "/other"], /not a valid zip archive|server answered/],
	["a server without the archive", ["uci-har", "--mirror", "/none"], /could not be fetched .*404.*--archive/],
	["an archive that is not there", ["ecg5000", "--archive", "none.zip"], /There is no archive none\.zip/],
	["an archive for a set of files", ["mnist", "--archive", "mine.zip"], /leave --archive and --sha256 out/],
])("%s is refused in a sentence, and nothing is written", async (_, args, sentence) => {
	const { code, stderr } = await run(
		...args.map((arg) => (arg.startsWith("/") ? address + arg : arg)),
		"-o",
		"refused",
	);
	expect(stderr).toMatch(sentence);
	expect(code).toBe(1);
	expect(existsSync(join(folder, "refused"))).toBe(false);
});

test("an unknown name is answered with those that are known", async () => {
	const { code, stderr } = await run("imagenet", "-o", "x");
	expect(code).toBe(1);
	expect(stderr).toMatch(/mnist, fashion-mnist, uci-har/);
});
