// The application as one JavaScript module for a target. It comes with the command line; from source it is bundled here.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { projectPath } from "../files/project";

const ENTRIES = {
	host: "firmware/app/main.ts",
	board: "firmware/targets/host/board.ts",
	rv32: "firmware/targets/rv32/main.ts",
	esp32c3: "firmware/targets/esp32c3/main.ts",
};

/** Path of the application's module. @throws UserError when it cannot be bundled */
export async function applicationFor(target: keyof typeof ENTRIES): Promise<string> {
	for (const place of ["applications", "../applications"]) {
		const shipped = fileURLToPath(new URL(`${place}/${target}.js`, import.meta.url));
		if (existsSync(shipped)) return shipped;
	}
	const { bundleApp } = await import("./bundle");
	return bundleApp(projectPath(ENTRIES[target]));
}
