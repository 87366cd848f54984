// A disk so small that it gets full: a file system in memory that only one shell and its children see.
import { spawn, spawnSync } from "node:child_process";

const MOUNT = ["unshare", "--map-root-user", "--mount", "sh", "-c"] as const;
const shell = (script: string, disk: string, bytes: number) =>
	[...MOUNT.slice(1), `mount -t tmpfs -o size=${bytes} tmpfs "$0" && { ${script}\n}`, disk] as const;

/** Whether this system lets a user mount one. */
export const canMount = spawnSync(MOUNT[0], shell("true", "/mnt", 65_536)).status === 0;

/** Runs a shell script with `disk` (an empty folder) mounted; what it does not copy elsewhere is gone afterwards. */
export function onSmallDisk(
	disk: string,
	bytes: number,
	script: string,
): Promise<{ code: number; said: string }> {
	return new Promise((resolve, reject) => {
		const child = spawn(MOUNT[0], shell(script, disk, bytes), { stdio: ["ignore", "pipe", "pipe"] });
		let said = "";
		for (const stream of [child.stdout, child.stderr])
			stream.setEncoding("utf8").on("data", (text) => (said += text));
		child.on("error", reject);
		child.on("close", (code) => resolve({ code: code ?? -1, said }));
	});
}
