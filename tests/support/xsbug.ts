// Runs what mcconfig built for lin in debug, and reads what it traces: this end of xsbug's protocol lets the program go and listens.
import { type ChildProcess, spawn } from "node:child_process";
import { type AddressInfo, createServer } from "node:net";
import { onTestFinished } from "vitest";

const GO = "\r\n<go/>\r\n";

export interface Traced {
	/** Lines traced so far. */
	lines: string[];
	/** Resolves once a line matches; rejects when the program ends before. */
	line(pattern: RegExp): Promise<string>;
}

const ENTITIES: Record<string, string> = { "&#10;": "\n", "&lt;": "<", "&gt;": ">", "&amp;": "&" };

/** @param runner firmware/targets/lin/run.c, built @param library mc.so */
export async function runTraced(
	runner: string,
	library: string,
	env: Record<string, string> = {},
): Promise<Traced> {
	const lines: string[] = [];
	const waiting = new Set<() => void>();
	let partial = "";
	let ended = false;
	const server = createServer((socket) => {
		let text = "";
		socket.setEncoding("utf8").on("data", (data) => {
			text += data;
			if (/<login |<break /.test(String(data))) socket.write(GO);
			// the machine's own notes have a path
			text = text.replace(/<log>([^<]*)<\/log>/g, (_, log: string) => {
				partial += log.replace(/&#10;|&lt;|&gt;|&amp;/g, (entity) => ENTITIES[entity]!);
				return "";
			});
			const parts = partial.split("\n");
			partial = parts.pop()!;
			lines.push(...parts);
			for (const wake of waiting) wake();
		});
		socket.on("error", () => {});
	});
	await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
	const { port } = server.address() as AddressInfo;
	const child: ChildProcess = spawn(runner, [library], {
		env: { ...process.env, ...env, XSBUG_HOST: "127.0.0.1", XSBUG_PORT: String(port) },
		stdio: "ignore",
	});
	child.on("exit", () => {
		ended = true;
		for (const wake of waiting) wake();
	});
	onTestFinished(() => {
		child.kill();
		server.close();
	});
	const line = (pattern: RegExp) =>
		new Promise<string>((resolve, reject) => {
			const look = () => {
				const found = lines.find((each) => pattern.test(each));
				if (found === undefined && !ended) return;
				waiting.delete(look);
				if (found === undefined) reject(new Error(`it ended without ${pattern}: ${lines.join("\n")}`));
				else resolve(found);
			};
			waiting.add(look);
			look();
		});
	return { lines, line };
}
