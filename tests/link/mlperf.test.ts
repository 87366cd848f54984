// MLPerf Tiny's serial commands: held to the transcript that the published runner and the reference firmware agree on, and
// driven on XS over the same port as the link, as that runner does it.

import { createHash } from "node:crypto";
import { join } from "node:path";
import type { Duplex } from "node:stream";
import { expect, onTestFinished, test } from "vitest";
import { DeviceClient } from "../../host-tools/device/client";
import { joinStreams } from "../../host-tools/device/transport";
import { NativeKernel } from "../../host-tools/kernel/native";
import { readBlob } from "../../src/blob/read";
import { writeBlob } from "../../src/blob/write";
import { crc32 } from "../../src/bytes/crc32";
import { MAX_INPUT, MlperfCommands, type TinyDevice } from "../../src/mlperf/commands";
import { Reference } from "../../src/reference/reference";
import { classesOf } from "../support/classes";
import { identityOf } from "../support/link-fakes";
import { randomNetwork, randomSamples } from "../support/random-network";
import { startHost } from "../support/start-host";
import { temporaryFolder } from "../support/xs-run";

/** A device whose results are the sum of its input and how often it ran; its clock goes on by 100 a reading. */
function fake(device: Partial<TinyDevice> = {}) {
	let now = 0;
	let runs = 0;
	let sum = 0;
	const sent: string[] = [];
	let quiets = 0;
	const commands = new MlperfCommands({
		send: (bytes, length) => sent.push(Buffer.from(bytes.subarray(0, length)).toString("latin1")),
		device: {
			modelName: () => "essm-01020304",
			quiet: () => quiets++,
			microseconds: () => (now += 100.5),
			infer: (input) => {
				runs++;
				sum = input.reduce((a, b) => a + b, 0);
			},
			results: () => [sum / 1000, runs],
			...device,
		},
	});
	const say = (text: string) => {
		sent.length = 0;
		commands.receive(Buffer.from(text));
		return sent.join("");
	};
	return { say, commands, sent, runs: () => runs, quiets: () => quiets };
}

test("[L21] answers the commands as the reference firmware does, to the byte", () => {
	const { say, runs } = fake();
	expect(say("name%")).toBe("m-name-dut-[edge-ssm]\r\nm-ready\r\n");
	expect(say("timestamp%")).toBe("m-lap-us-100\r\nm-ready\r\n");
	expect(say("profile%")).toBe(
		"m-profile-[ULPMark for tinyML Firmware V0.0.1]\r\nm-model-[essm-01020304]\r\nm-ready\r\n",
	);
	expect(say("db load 10%")).toBe("m-[Expecting 10 bytes]\r\nm-ready\r\n");
	expect(say("db 0102fF%")).toBe("m-ready\r\n");
	expect(say("db 00000000000000AA%")).toBe("m-load-done\r\nm-ready\r\n");
	expect(say("db print%")).toBe("m-buffer-01-02-ff-00-00-00-00-00\r\nm-buffer-00-00\r\nm-ready\r\n");
	expect(say("infer 3 2%")).toBe(
		"m-warmup-start-2\r\nm-warmup-done\r\nm-infer-start-3\r\nm-lap-us-603\r\nm-lap-us-1005\r\n" +
			"m-infer-done\r\nm-results-[0.258000,5.000000]\r\nm-ready\r\n",
	);
	expect(runs()).toBe(5);
	expect(say("infer%")).toContain("m-warmup-start-10\r\n");
	expect(runs()).toBe(16);
	expect(say("results%")).toBe("m-results-[0.258000,16.000000]\r\nm-ready\r\n");
	expect(say("help%")).toMatch(/^ULPMark for tinyML Firmware V0\.0\.1\r\n\r\n(.+ : .+\r\n)+m-ready\r\n$/);
	expect(say("wibble 7%")).toBe("e-[Unknown command: wibble]\r\nm-ready\r\n");
	expect(say("%")).toBe("m-ready\r\n");
	expect(say("nam")).toBe("");
	expect(say("e%profile%")).toMatch(/m-name.*m-ready.*m-profile.*m-ready/s);
});

test("[L21, L22] says what is wrong with a command, and is ready for the next", () => {
	const { say, runs } = fake({
		results: () => {
			throw new Error("no results yet");
		},
	});
	const refused = [
		["infer 1 0", "Load an input"],
		["infer 0", "must be >0"],
		["infer x", "must be >0"],
		["infer 1 -1", "must be >=0"],
		["db", "requires a subcommand"],
		["db load", "requires the # of bytes"],
		["db load 0", "must be >0"],
		[`db load ${MAX_INPUT + 1}`, `exceeds maximum of ${MAX_INPUT}`],
		["db 00", "has to come first"],
		["results", "no results yet"],
	];
	for (const [command, why] of refused)
		expect(say(`${command}%`)).toMatch(new RegExp(`^e-\\[.*${why}.*\\]\r\nm-ready\r\n$`));
	say("db load 4%");
	expect(say("db 123%")).toBe("e-[Insufficent number of hex digits]\r\nm-ready\r\n");
	expect(say("db 1g%")).toBe("e-[Invalid hex digit '1g']\r\nm-ready\r\n");
	expect(say("infer 1%")).toContain("Load an input"); // the buffer is not full
	expect(say("db 0102030405%")).toContain("m-load-done");
	expect(say("db 00%")).toContain("has to come first");
	expect(runs()).toBe(0);
});

test("[L21] more inferences than two minutes take are stopped, warmups included, and the device is ready again", () => {
	for (const command of ["infer 1e9 0", "infer 1 1e9", "infer 1000000000 1000000000"]) {
		let seconds = 0;
		let sum = 0;
		const { say } = fake({
			microseconds: () => seconds * 1e6,
			infer: (input) => {
				seconds += 5;
				sum += input.length;
				if (seconds > 200) throw new Error("for ever");
			},
		});
		say("db load 1%");
		say("db 00%");
		expect(say(`${command}%`)).toMatch(
			/\r\ne-\[Stopped after 25 of 1000000000: 120 s have passed\]\r\nm-ready\r\n$/,
		);
		expect(sum).toBe(25);
		expect(say("name%")).toContain("m-name-dut");
	}
});

test("[L22, L23] noise is no command, and a long answer waits until the port has taken what went before", () => {
	const { say, commands, sent, quiets } = fake();
	expect(say("\x80\xffname%")).toBe("m-name-dut-[edge-ssm]\r\nm-ready\r\n");
	expect(say("boot: 100\r\nname%")).toBe("m-name-dut-[edge-ssm]\r\nm-ready\r\n");
	expect(quiets()).toBe(2);
	for (const noise of ["\x01%", "\x80a%b%", "\xffwibble 1%"]) expect(say(noise)).toBe("");
	expect(quiets()).toBe(2);
	expect(say("name%wibble%")).toContain("m-ready\r\ne-[Unknown command: wibble]");
	const bytes = Buffer.from(Array.from({ length: 1000 }, (_, i) => i & 0xff));
	say("db load 1000%");
	for (let from = 0; from < 1000; from += 31) say(`db ${bytes.subarray(from, from + 31).toString("hex")}%`);
	let answer = say("db print%");
	while (!answer.includes("m-ready")) {
		expect(sent.join("").length).toBeLessThan(700);
		sent.length = 0;
		commands.sent();
		expect(sent.length).toBeGreaterThan(0);
		answer += sent.join("");
	}
	const printed = answer.matchAll(/^m-buffer-(.*)\r$/gm);
	expect(Buffer.from([...printed].map(([, hex]) => hex!.replaceAll("-", "")).join(""), "hex")).toEqual(bytes);
});

/** What the published runner does: a command and "%", then lines until one holds "m-ready". */
class Runner {
	readonly #stream: Duplex;
	readonly #lines: string[] = [];
	#line = "";
	#wake = () => {};

	constructor(stream: Duplex) {
		this.#stream = stream;
		stream.on("data", (bytes: Buffer) => {
			for (const char of bytes.toString("latin1")) {
				if (char === "\n") this.#lines.push(this.#line);
				this.#line = char === "\n" ? "" : "\r\0".includes(char) ? this.#line : this.#line + char;
			}
			this.#wake();
		});
	}

	async send(command: string): Promise<string[]> {
		this.#lines.length = 0; // the link's frames before it are not for the runner
		this.#line = "";
		this.#stream.write(`${command}%`);
		const lines: string[] = [];
		for (;;) {
			const line = this.#lines.shift();
			if (line === undefined)
				await new Promise<void>((resolve) => {
					this.#wake = resolve;
				});
			else {
				if (line !== "") lines.push(line);
				if (line.includes("m-ready")) return lines;
			}
		}
	}

	async load(bytes: Uint8Array): Promise<string[]> {
		let result = await this.send(`db load ${bytes.length}`);
		for (let i = 0; i < bytes.length; i += 31)
			result = await this.send(`db ${Buffer.from(bytes.subarray(i, i + 31)).toString("hex")}`);
		return result;
	}
}

test("[L21] the runner drives the firmware on XS beside the link, and gets the kernel's results", async () => {
	const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest();
	const network = randomNetwork(5);
	const golden = randomSamples(6, 12, network.input.length);
	const reference = new Reference(readBlob(writeBlob({ ...network, golden: [] }, sha256)));
	reference.write(golden);
	network.golden = [{ samples: golden, outputs: reference.outputs() }];
	const blob = writeBlob(network, sha256);
	const identity = identityOf(blob);

	const simulator = await startHost({ flashFile: join(temporaryFolder(), "flash.bin") });
	onTestFinished(() => void simulator.kill());
	const stream = joinStreams(simulator);
	const client = new DeviceClient({ stream, timeout: 5000 });
	const runner = new Runner(stream);
	expect(await runner.send("profile")).toContain("m-model-[none]");
	expect((await runner.send("infer 1 0"))[0]).toMatch(/^e-\[/);
	await client.load(blob, crc32(blob), identity);
	await client.stream("REPLAY", { window: 50 });

	expect(await runner.send("name")).toContain("m-name-dut-[edge-ssm]");
	expect((await client.info()).streaming).toBe(0);
	expect(await runner.send("profile")).toContain(
		`m-model-[essm-${Buffer.from(identity.subarray(0, 4)).toString("hex")}]`,
	);
	const samples = randomSamples(7, 200, network.input.length);
	const bytes = new Uint8Array(samples.buffer, samples.byteOffset, samples.byteLength);
	expect(await runner.load(bytes)).toContain("m-load-done");
	const printed = (await runner.send("db print")).flatMap(
		(line) => line.match(/(?<=[-])[0-9a-f]{2}\b/g) ?? [],
	);
	expect(printed.join("")).toBe(Buffer.from(bytes).toString("hex"));

	const lines = await runner.send("infer 20 3");
	const laps = lines.flatMap((line) => /^m-lap-us-([0-9]+)$/.exec(line)?.[1] ?? []).map(Number);
	expect(laps).toHaveLength(2);
	expect(laps[1]).toBeGreaterThan(laps[0]!);
	const list = lines.flatMap((line) => /^m-results-\[([^\]]+)\]$/.exec(line)?.[1] ?? []);
	const results = list.join().split(",").map(Number);
	const kernel = new NativeKernel(blob);
	kernel.write(samples);
	const exact = Array.from(kernel.outputs(), (logit) => logit / 2 ** classesOf(network).fraction);
	const most = Math.max(...exact);
	const sum = exact.reduce((a, logit) => a + Math.exp(logit - most), 0);
	expect(results).toHaveLength(network.head.outputs);
	for (const [i, logit] of exact.entries()) expect(results[i]).toBeCloseTo(Math.exp(logit - most) / sum, 5);
	expect(await client.infer(samples, network.input.length)).toEqual(kernel.outputs());
	expect((await runner.send("db load 3")).length).toBe(2);
	await runner.send("db 010203");
	expect((await runner.send("infer 1 0")).join()).toContain("not a whole number of samples");
});
