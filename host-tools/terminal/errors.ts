// The one error meant for users: its message is a sentence naming the problem and the remedy. Anything else thrown is a bug of
// ours, shown with its stack, unless the machine refused something (a full disk).

/** An error caused by user input (a file, a flag, a device); only its message is shown, exit code 1. */
export class UserError extends Error {
	override name = "UserError";
}

/** System refusals that are not our bugs, and their remedies. */
const REFUSALS: Readonly<Record<string, string>> = {
	ENOSPC: "the disk is full; free some space and repeat the command",
	EDQUOT: "your share of the disk is used up; free some space and repeat the command",
	EFBIG: "the file would be larger than the system allows; raise the limit (ulimit -f)",
	EROFS: "the disk is read-only; name a folder on another one",
	EACCES: "you may not use it; change its permissions or name another",
	EPERM: "you may not use it; change its permissions or name another",
	EMFILE: "too many files are open; raise the limit (ulimit -n)",
	ENFILE: "too many files are open on this machine; close some programs",
	EIO: "the disk or device failed; check it",
};

/** A refusal by the system as a sentence, or undefined for any other error. */
export function refusal(error: unknown): string | undefined {
	if (!(error instanceof Error)) return undefined;
	const { code = "", syscall, path } = error as NodeJS.ErrnoException;
	const reason = REFUSALS[code];
	if (reason === undefined || syscall === undefined) return undefined;
	return `${path ?? `A file (${syscall})`} cannot be used: ${reason} (${code}).`;
}
