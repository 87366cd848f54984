// Builds the program that runs JavaScript on XS on this machine (firmware/targets/host), with cc and make.
import { existsSync } from "node:fs";
import { COMPILER_REMEDY } from "../files/library";
import { projectPath } from "../files/project";
import { UserError } from "../terminal/errors";
import { Progress } from "../terminal/progress";
import { exclusively, run } from "./process";
import { signedBuild } from "./signed-build";
import { fetchXS } from "./xs-sources";

async function requireTool(name: string, version: string): Promise<void> {
	const { code } = await run(name, [version]);
	if (code === undefined) throw new UserError(`${name} is not on PATH: ${COMPILER_REMEDY}.`);
}

/**
 * Builds the desktop target, or finds it up to date, and returns the path of the program. The first build takes about 10 s,
 * 20 s with sanitizers; later ones compile only what changed.
 * @param options.sanitized with AddressSanitizer and UndefinedBehaviorSanitizer, and line numbers in errors
 * @param options.publicKey 32 bytes: firmware that runs models signed by this key only; not with sanitizers
 * @throws UserError when a tool or the network is missing, or something does not compile
 */
export function buildHost({
	sanitized = false,
	publicKey,
}: {
	sanitized?: boolean;
	publicKey?: Uint8Array;
} = {}): Promise<string> {
	return exclusively(projectPath("build/host.lock"), "building XS for this machine", async () => {
		await requireTool("make", "--version");
		const xs = await fetchXS();
		const signed = await signedBuild(publicKey);
		const name = `edge-ssm-host${sanitized ? "-sanitized" : signed.suffix}`;
		const program = projectPath(`build/host/${name}`);
		const args = ["--no-print-directory", "-C", projectPath("firmware/targets/host"), `XS=${xs}`];
		args.push(...signed.args, ...(sanitized ? [] : [`NAME=${name}`]));
		const target = sanitized ? "sanitized" : "release";

		const plan = await run("make", [...args, "-n", target]);
		const files = plan.stdout.match(/^echo "(CC|LD)/gm)?.length ?? 0;
		if (plan.code === 0 && files === 0 && existsSync(program)) return program;

		await requireTool("cc", "--version");
		const progress = new Progress("building XS for this machine", files, "files");
		let done = 0;
		const onLine = (line: string) => {
			if (/^(CC|LD) /.test(line)) progress.update(++done);
		};
		const { code, stderr } = await run("make", [...args, "-j2", target], { onLine });
		progress.done();
		if (code !== 0) {
			const errors = stderr.split("\n").filter((line) => /error|\*\*\*|undefined reference/.test(line));
			throw new UserError(
				`The desktop target does not compile: ${errors.slice(0, 5).join("\n") || stderr.trim()}`,
			);
		}
		return program;
	});
}
