// `window` onto a disk that gets full: one sentence, and the data set that was there stays.
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { openDataset } from "../../host-tools/datasets/open";
import { buildCli } from "../support/cli-run";
import { canMount, onSmallDisk } from "../support/small-disk";

const root = mkdtempSync(join(tmpdir(), "full-windows-"));
const disk = join(root, "disk");
const kept = join(root, "kept");
let cli: Awaited<ReturnType<typeof buildCli>>;

beforeAll(async () => {
	cli = await buildCli();
	mkdirSync(disk);
	for (const [name, count] of [
		["small", 3000],
		["large", 30_000],
	] as const) {
		mkdirSync(join(root, name));
		for (const file of ["one", "two", "three"]) {
			// Values that gzip cannot make small.
			let state = file.length;
			const noise = () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
			const lines = Array.from(
				{ length: count },
				(_, i) => `${(i / 50).toFixed(2)},${noise()},${noise()},${i % 1000 < 500 ? "go" : "rest"}`,
			);
			writeFileSync(join(root, name, `${file}.csv`), `${["time,ax,ay,label", ...lines].join("\n")}\n`);
		}
	}
});
afterAll(() => {
	cli?.remove();
	rmSync(root, { recursive: true, force: true });
});

test.skipIf(!canMount)(
	"a full disk: one sentence, and the set that was there before is whole",
	async () => {
		const window = (from: string) =>
			`"${process.execPath}" "${cli.file}" window "${root}/${from}"/*.csv --length 2s --hop 2s -o "${disk}/data"`;
		const { code, said } = await onSmallDisk(
			disk,
			131_072,
			`${window("small")} || exit 3; ${window("large")}; code=$?; cp -r "${disk}/data" "${kept}"; exit $code`,
		);
		expect(code, said).toBe(1);
		expect(said.match(/^error: .*$/gm)).toEqual([
			expect.stringMatching(/^error: \S+data could not be written: ENOSPC: no space left on device.*\.$/),
		]);
		expect(said).not.toMatch(/^ +at /m);
		expect(readdirSync(kept).filter((name) => name.includes("tmp"))).toEqual([]);
		expect((await openDataset(kept, "train")).T).toBe(100);
		expect((await openDataset(kept, "test")).count).toBeGreaterThan(0);
	},
	120_000,
);
