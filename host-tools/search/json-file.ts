// A file of JSON that a command wrote and another reads again.
import { readFileSync } from "node:fs";
import type { z } from "zod";
import { UserError } from "../terminal/errors";

/** @param command what writes such files @throws UserError when it is not JSON, or something else */
export function readJsonFile<T>(path: string, schema: z.ZodType<T>, command: string): T {
	let json: unknown;
	try {
		json = JSON.parse(readFileSync(path, "utf8"));
	} catch (error) {
		throw new UserError(`${path} cannot be read as JSON: ${(error as Error).message}.`);
	}
	const parsed = schema.safeParse(json);
	if (parsed.success) return parsed.data;
	const issue = parsed.error.issues[0]!;
	throw new UserError(
		`${path} is not what "edge-ssm ${command}" writes, at ${issue.path.join(".") || "its top"}: ${issue.message}.`,
	);
}
