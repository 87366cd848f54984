// The device's end of MLPerf Tiny's serial protocol, so that its published runner can drive it: text commands ending in "%",
// answers in lines that end with "m-ready". After the API of github.com/mlcommons/tiny (internally_implemented.cpp). The
// device decides which model runs, and on what.
import { writeUtf8 } from "../bytes/utf8";

/** What the commands need from a device. Errors go to the runner as an error line. */
export interface TinyDevice {
	/** Name of the running model, without brackets. */
	modelName(): string;
	/** Called before each known command: from now on only answers may be sent. */
	quiet(): void;
	/** Monotonic clock. */
	microseconds(): number;
	/** One inference on a complete sequence: int16 samples, little-endian, in the model's input scaling. */
	infer(input: Uint8Array): void;
	/** What the last inference gave, such as probabilities. */
	results(): number[];
}

export interface MlperfOptions {
	device: TinyDevice;
	/** Sends all of bytes[0..length), valid during the call only. */
	send(bytes: Uint8Array, length: number): void;
}

const TERMINATOR = 0x25; // "%"
const MAX_COMMAND = 80;
/** Maximum input in bytes, kept in RAM. */
export const MAX_INPUT = 4096;
/** The protocol version the runner expects. */
const PROFILE = "ULPMark for tinyML Firmware V0.0.1";
/** Maximum bytes of a line, and of output before `sent` must be called. */
const LINE_LENGTH = 160;
const MAX_UNSENT = 512;
const PRINTED_A_LINE = 8;
const DEFAULT_WARMUPS = 10;
/** Maximum time one command may keep the device from its port. */
const MAX_MICROSECONDS = 120e6;

/** Takes text outside frames, and answers the commands in it. */
export class MlperfCommands {
	readonly #device: TinyDevice;
	readonly #send: (bytes: Uint8Array, length: number) => void;
	readonly #line = new DataView(new ArrayBuffer(LINE_LENGTH));
	#command = "";
	/** The input since the last command was not text: a "%" in it counts only if it ends a known command. */
	#noise = false;
	#answer: Iterator<string> | undefined;
	#input: Uint8Array | undefined;
	#filled = 0;

	constructor({ device, send }: MlperfOptions) {
		this.#device = device;
		this.#send = send;
	}

	/** Takes the next bytes of text, bytes[start..end). */
	receive(bytes: Uint8Array, start = 0, end = bytes.length): void {
		for (let index = start; index < end; index++) {
			const byte = bytes[index]!;
			if (byte === TERMINATOR) {
				const words = this.#command.split(" ").filter((word) => word !== "");
				this.#command = "";
				if (this.#noise && !COMMANDS.includes(words[0] ?? "")) continue;
				this.#noise = false;
				this.#answer = this.run(words);
				this.sent();
			} else if (byte === 10 || byte === 13) this.#command = "";
			else if (byte < 0x20 || byte > 0x7e) {
				this.#command = "";
				this.#noise = true;
			} else if (this.#command.length < MAX_COMMAND) this.#command += String.fromCharCode(byte);
		}
	}

	/** Call once everything sent has been transmitted: continues a long answer. */
	sent(): void {
		for (let room = MAX_UNSENT; room > 0 && this.#answer !== undefined; ) {
			const { value, done } = this.#answer.next();
			if (done) this.#answer = undefined;
			else room -= this.#print(value);
		}
	}

	#print(text: string): number {
		const length = writeUtf8(this.#line, 0, LINE_LENGTH, text);
		this.#send(new Uint8Array(this.#line.buffer, 0, length), length);
		return length;
	}

	private *run(words: string[]): Generator<string, void> {
		const [name, ...rest] = words;
		if (name === undefined) {
			yield "m-ready\r\n"; // a lone "%": the runner flushes the line before its first command
			return;
		}
		try {
			if (!COMMANDS.includes(name)) yield `e-[Unknown command: ${name}]\r\n`;
			else {
				this.#device.quiet();
				yield* this.#carryOut(name, rest);
			}
		} catch (error) {
			yield `e-[${error instanceof Error ? error.message : String(error)}]\r\n`;
		}
		yield "m-ready\r\n";
	}

	#carryOut(name: string, rest: string[]): Iterable<string> {
		switch (name) {
			case "name":
				return ["m-name-dut-[edge-ssm]\r\n"];
			case "timestamp":
				return [lap(this.#device.microseconds())];
			case "profile":
				return [`m-profile-[${PROFILE}]\r\n`, `m-model-[${this.#device.modelName()}]\r\n`];
			case "help":
				return HELP;
			case "db":
				return this.db(rest);
			case "infer":
				return this.infer(rest);
			default:
				return this.results();
		}
	}

	private *infer([count = "1", warmups = String(DEFAULT_WARMUPS)]: string[]): Generator<string> {
		const n = Number(count);
		const w = Number(warmups);
		if (!(Number.isInteger(n) && n > 0)) throw new Error("Inference iterations must be >0");
		if (!(Number.isInteger(w) && w >= 0)) throw new Error("Inference warmup must be >=0");
		const input = this.#input;
		if (input === undefined || this.#filled < input.length) throw new Error("Load an input with db first");
		const deadline = this.#device.microseconds() + MAX_MICROSECONDS;
		yield `m-warmup-start-${w}\r\n`;
		this.#repeat(input, w, deadline);
		yield "m-warmup-done\r\n";
		yield `m-infer-start-${n}\r\n`;
		const start = this.#device.microseconds();
		const end = this.#repeat(input, n, deadline);
		yield lap(start);
		yield lap(end);
		yield "m-infer-done\r\n";
		yield* this.results();
	}

	/** Returns the end time. */
	#repeat(input: Uint8Array, times: number, deadline: number): number {
		let now = this.#device.microseconds();
		for (let i = 0; i < times; i++) {
			if (now > deadline)
				throw new Error(`Stopped after ${i} of ${times}: ${MAX_MICROSECONDS / 1e6} s have passed`);
			this.#device.infer(input);
			now = this.#device.microseconds();
		}
		return now;
	}

	private *results(): Generator<string> {
		const results = this.#device.results();
		yield "m-results-[";
		for (let i = 0; i < results.length; i++) yield `${i > 0 ? "," : ""}${results[i]!.toFixed(6)}`;
		yield "]\r\n";
	}

	private *db([what, size]: string[]): Generator<string> {
		if (what === undefined) throw new Error("Command 'db' requires a subcommand");
		if (what === "load") yield this.#begin(size);
		else if (what === "print") yield* this.printed();
		else if (this.#fill(what)) yield "m-load-done\r\n";
	}

	#begin(size: string | undefined): string {
		if (size === undefined) throw new Error("Command 'db load' requires the # of bytes");
		const bytes = Number(size);
		if (!(Number.isInteger(bytes) && bytes > 0)) throw new Error("Command 'db load' must be >0 bytes");
		if (bytes > MAX_INPUT) throw new Error(`Supplied buffer size ${bytes} exceeds maximum of ${MAX_INPUT}`);
		this.#input = undefined; // before allocating a new one: RAM is scarce
		this.#input = new Uint8Array(bytes);
		this.#filled = 0;
		return `m-[Expecting ${bytes} bytes]\r\n`;
	}

	/** Takes hexadecimal digits; returns whether the buffer is now full. Digits beyond its end are ignored. */
	#fill(digits: string): boolean {
		const input = this.#input;
		if (input === undefined || this.#filled === input.length)
			throw new Error("Command 'db load' has to come first");
		if (digits.length & 1) throw new Error("Insufficent number of hex digits");
		for (let i = 0; i < digits.length && this.#filled < input.length; i += 2) {
			const byte = (hexDigit(digits.charCodeAt(i)) << 4) | hexDigit(digits.charCodeAt(i + 1));
			if (byte < 0) throw new Error(`Invalid hex digit '${digits.slice(i, i + 2)}'`);
			input[this.#filled++] = byte;
		}
		return this.#filled === input.length;
	}

	private *printed(): Generator<string> {
		const input = this.#input ?? new Uint8Array(0);
		for (let from = 0; from < input.length; from += PRINTED_A_LINE) {
			const bytes = input.subarray(from, from + PRINTED_A_LINE);
			const texts = Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0"));
			yield `m-buffer-${texts.join("-")}\r\n`;
		}
	}
}

// A generator has a prototype, which the ROM linker must make immutable; private names (#) would hide it.
for (const name of ["run", "infer", "results", "db", "printed"] as const)
	Object.freeze((MlperfCommands.prototype[name] as { prototype?: object }).prototype);

function lap(microseconds: number): string {
	return `m-lap-us-${Math.floor(microseconds)}\r\n`;
}

/** The value of a hexadecimal digit, or -1. */
function hexDigit(code: number): number {
	if (code >= 0x30 && code <= 0x39) return code - 0x30;
	const letter = code | 0x20;
	return letter >= 0x61 && letter <= 0x66 ? letter - 0x57 : -1;
}

const COMMANDS = Object.freeze(["name", "timestamp", "profile", "help", "db", "infer", "results"]);

const HELP = Object.freeze([
	`${PROFILE}\r\n`,
	"\r\n",
	"help         : Print this\r\n",
	"name         : Print the device's name\r\n",
	"timestamp    : Print the time in microseconds\r\n",
	"profile      : Print the protocol and the model\r\n",
	"db load N    : Begin an input of N bytes: int16 samples, little-endian\r\n",
	"db HH[HH]*   : Put hexadecimal bytes into it\r\n",
	"db print     : Print it\r\n",
	"infer N [W]  : Run it N times after W times that do not count\r\n",
	"results      : Print what the last inference gave\r\n",
]);
