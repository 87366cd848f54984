// The command `dataset` against a server on this machine: the true MNIST files when ../shared has them, and everything that a
// server or a network can do wrong.
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { gzipSync } from "node:zlib";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataset } from "../host-tools/datasets/open";
import { buildCli, type Ended, runCli } from "./cli-run";
import { sharedPath } from "./shared";

const mnist = sharedPath("data/mnist");
let cli: { file: string; remove: () => void };
let folder: string;
let server: Server;
let address: string;
const run = (...args: string[]): Promise<Ended> => runCli(cli.file, ["dataset", ...args], folder);

beforeAll(async () => {
	cli = await buildCli();
	folder = mkdtempSync(join(tmpdir(), "cli-dataset-"));
	server = createServer(({ url = "" }, response) => {
		if (url.startsWith("/mnist/") && mnist) response.end(readFileSync(join(mnist, basename(url))));
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
	const data = await openDataset(join(folder, "data/mnist"), "test", { limit: 10 });
	expect([...data.labels]).toEqual([7, 2, 1, 0, 4, 1, 4, 9, 5, 9]);
});

test.each([
	["another file", "mnist", () => `${address}/other`, /not the file that was published/],
	[
		"another file, packed sums",
		"fashion-mnist",
		() => `${address}/other/`,
		/not the file that was published/,
	],
	["a server without the files", "mnist", () => `${address}/none`, /the server answered 404/],
	["an answer without end", "mnist", () => `${address}/endless`, /far larger/],
	[
		"nobody there",
		"mnist",
		() => "http://127.0.0.1:1/",
		/could not be fetched.*127\.0\.0\.1:1: .*Check the network/,
	],
	["no address", "mnist", () => "ftp://x", /begins with http/],
])("%s is refused in a sentence, and nothing is written", async (_, name, mirror, sentence) => {
	const { code, stderr } = await run(name, "--mirror", mirror(), "-o", "refused");
	expect(stderr).toMatch(sentence);
	expect(code).toBe(1);
	expect(existsSync(join(folder, "refused"))).toBe(false);
});

test("an unknown name is answered with those that are known", async () => {
	const { code, stderr } = await run("imagenet", "-o", "x");
	expect(code).toBe(1);
	expect(stderr).toMatch(/mnist, fashion-mnist/);
});
