// Signed firmware on rv32 for long: samples, three updates, power cuts in updates and streams, noise on the line. Every result
// arrives right or is known to be lost, the model that runs is the old or the new one, and memory does not grow. 20,000 samples;
// SOAK_SAMPLES=10000000 for as many as a device sees in two days: 15 minutes of a core that has nothing else to do.
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { DeviceClient, type ResultEvent } from "../../host-tools/device/client";
import { Kernel } from "../../host-tools/kernel/kernel";
import { readPrivateKey, readPublicKey, signBlob } from "../../host-tools/signing/keys";
import { buildRv32, rv32Command } from "../../host-tools/simulator/rv32";
import { missingRv32Tools } from "../../host-tools/simulator/rv32-qemu";
import { Simulator } from "../../host-tools/simulator/simulator";
import { crc32 } from "../../src/bytes/crc32";
import { macsPerStep } from "../../src/network/macs";
import { identityOf } from "../support/link-fakes";
import { NoisyCable } from "../support/noisy-cable";
import { provenBlob } from "../support/proven-blob";
import { random, randomNetwork, randomSamples } from "../support/random-network";
import { keyFile } from "../support/signing-key";
import { until } from "../support/until";
import { temporaryFolder } from "../support/xs-run";

const SAMPLES = Number(process.env.SOAK_SAMPLES ?? 20_000);
const UPDATES = 3;
/** Times with power, of random lengths. The first begins with a load, and others evenly spread over them with an update. */
const LIVES = Math.max(10, Math.min(40, Math.round(SAMPLES / 100_000)));
const LIVES_OF_A_MODEL = Math.ceil(LIVES / (UPDATES + 1));
const WINDOW = 64;
/** Chance of a byte to be damaged: about a tenth of full frames are asked again. */
const NOISE = 2e-4;
/** Milliseconds before a request is asked again where nothing was damaged: many, a busy machine would drown in repeated ones. */
const PATIENCE = 10_000;
/** Windows of a batch. */
const BATCH = 16;
/** What must not grow while a stream runs. */
const FIGURES = ["slotsReserved", "chunkBytesReserved", "heapFreeMinimum"];

const missing = await missingRv32Tools();
if (missing !== undefined) console.warn(`the soak test is left out: ${missing} not installed`);

/** The smallest of some random networks, so that most of the time goes into what surrounds them. */
const seeds = Array.from({ length: 60 }, (_, i) => i + 1)
	.filter((seed) => randomNetwork(seed).head.kind === "classes" && randomNetwork(seed).input.length === 1)
	.sort((a, b) => macsPerStep(randomNetwork(a)) - macsPerStep(randomNetwork(b)))
	.slice(0, UPDATES + 1);

test.skipIf(missing !== undefined)(
	"a device that lives long loses nothing",
	async () => {
		const key = keyFile();
		const program = await buildRv32({ publicKey: readPublicKey(key) });
		const flashFile = join(temporaryFolder(), "flash.bin");
		const next = random(15);
		const models = seeds.map((seed, i) => signBlob(provenBlob(seed), readPrivateKey(key), i + 1));
		const counted = { samples: 0, results: 0, lost: 0, cuts: 0, resent: 0, damaged: 0 };

		let device: Simulator;
		onTestFinished(() => void device?.kill());
		/** @param onResult receives the events of a stream */
		const powerOn = (life: number, onResult?: (result: ResultEvent) => void) => {
			device = new Simulator(rv32Command(program, { flashFile }));
			const cable = new NoisyCable(device, life, () => void device.kill());
			const options = {
				stream: cable.stream,
				timeout: PATIENCE,
				retries: 12,
				timer: cable.timer,
				...(onResult && { onResult }),
			};
			return { cable, client: new DeviceClient(options) };
		};
		const load = (client: DeviceClient, blob: Uint8Array) => client.load(blob, crc32(blob), identityOf(blob));

		/** Loads a model; power fails on the way, at a byte by chance, and the load goes on after it. */
		const update = async (old: Uint8Array | undefined, fresh: Uint8Array, life: number) => {
			const cut = powerOn(life);
			await cut.client.info();
			cut.cable.rate = NOISE;
			cut.cable.cutAfter = Math.floor(next() * fresh.length * 1.1);
			await load(cut.client, fresh).catch(() => undefined);
			await device.kill();
			counted.cuts++;

			const { client } = powerOn(life);
			const { model } = await client.info();
			const allowed = [old, fresh].map((blob) => blob && identityOf(blob));
			expect(allowed).toContainEqual(model?.identity);
			await load(client, fresh);
			expect(await client.info()).toMatchObject({ model: { identity: identityOf(fresh), onTrial: false } });
			if (old !== undefined)
				await expect(load(client, old)).rejects.toThrow(/the model's version \d+ is below/);
			await device.kill();
		};

		/** Streams samples until power fails in the middle of some of them. */
		const live = async (blob: Uint8Array, count: number, life: number) => {
			const kernel = new Kernel(blob);
			const samples = randomSamples(life, BATCH * WINDOW, 1);
			const batches = Math.max(3, Math.ceil(count / samples.length));
			const expected = Array.from({ length: BATCH }, (_, i) => {
				kernel.reset();
				kernel.write(samples.subarray(i * WINDOW, (i + 1) * WINDOW));
				return kernel.outputs();
			});
			let last = 0; // step of the last result
			const faults: string[] = [];
			const { client, cable } = powerOn(life, ({ step, outputs, lost }) => {
				if (step !== last + WINDOW * (1 + lost)) faults.push(`${step} after ${last}, ${lost} lost`);
				last = step;
				if (step <= batches * samples.length) {
					counted.results++;
					counted.lost += lost;
				}
				const right = expected[(step / WINDOW - 1) % BATCH];
				if (`${outputs}` !== `${right}`) faults.push(`at ${step}: ${outputs}, not ${right}`);
			});
			expect((await client.info()).model!.identity).toEqual(identityOf(blob));
			await client.stream("REPLAY", { window: WINDOW });
			cable.rate = NOISE;
			let early: Record<string, number> | undefined;
			for (let batch = 0; batch < batches; batch++) {
				if (batch === batches - 1) cable.rate = 0; // the last result shows how many before it were lost
				const to = await client.samples(batch * samples.length, samples, 1);
				expect(to).toBe((batch + 1) * samples.length);
				if (batch === Math.floor(batches / 10) + 1) early = await client.memory();
			}
			await until(() => expect(last).toBe(batches * samples.length));
			expect(faults).toEqual([]);
			const late = await client.memory();
			const flat = ({ ...all }: Record<string, number>) => FIGURES.map((name) => [name, all[name]]);
			expect(flat(late)).toEqual(flat(early!));
			counted.samples += batches * samples.length;
			counted.resent += client.resent;
			counted.damaged += cable.damaged;
			cable.cutAfter = Math.floor(next() * samples.byteLength);
			await expect(client.samples(batches * samples.length, samples, 1)).rejects.toThrow();
			await device.kill();
			counted.cuts++;
		};

		const shares = Array.from({ length: LIVES }, () => next() ** 2);
		const scale = SAMPLES / shares.reduce((sum, share) => sum + share);
		let running: Uint8Array | undefined;
		for (let life = 0; life < LIVES; life++) {
			if (life % LIVES_OF_A_MODEL === 0) {
				const fresh = models[life / LIVES_OF_A_MODEL]!;
				await update(running, fresh, 100 + life);
				running = fresh;
			}
			await live(running!, shares[life]! * scale, life);
			if (LIVES > 10) console.log(`after ${life + 1} of ${LIVES} lives: ${JSON.stringify(counted)}`);
		}
		console.log(`soak: ${JSON.stringify(counted)}`);
		expect(counted.samples).toBeGreaterThanOrEqual(SAMPLES);
		expect(counted.results + counted.lost).toBe(counted.samples / WINDOW);
		expect(counted.damaged).toBeGreaterThan(0);
		expect(counted.cuts).toBe(LIVES + UPDATES + 1);
	},
	Math.max(600_000, SAMPLES * 2),
);
