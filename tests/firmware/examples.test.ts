// The examples and the library that they include. With the Moddable SDK (MODDABLE is set) each is built for lin by mcconfig and run
// without a window, MQTT against mosquitto and HTTP against a server of Node; for boards mcconfig goes until it would call ESP-IDF.
// Without the SDK that is left out, and says so.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, symlinkSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { delimiter, dirname, join } from "node:path";
import { beforeAll, describe, expect, onTestFinished, test } from "vitest";
import { buildRunner, findModdable } from "../../host-tools/device/build-firmware";
import { projectPath } from "../../host-tools/files/project";
import { temporaryFolder } from "../support/xs-run";
import { runTraced } from "../support/xsbug";

const EXAMPLES = readdirSync(projectPath("examples")).filter((name) =>
	existsSync(projectPath(`examples/${name}/manifest.json`)),
);
const PLATFORMS = ["esp32", "esp32/esp32c3", "esp32/m5stick_cplus", "esp32/xiao_esp32s3_sense"];
/** Boards of the example with a sensor. */
const BOARDS = readdirSync(projectPath("examples/gesture/boards"));
const sdk = process.env.MODDABLE !== undefined;
if (!sdk) console.warn("left out: building the examples with the Moddable SDK, for MODDABLE is not set");

describe.each(EXAMPLES)("examples/%s", (name) => {
	const folder = projectPath(`examples/${name}`);

	test("has at most sixty lines of code, and a page", () => {
		const lines = readFileSync(join(folder, "main.js"), "utf8").trim().split("\n");
		expect(lines.length).toBeLessThanOrEqual(60);
		expect(readFileSync(join(folder, "README.md"), "utf8")).toMatch(/mcconfig/);
	});

	test("every file that its manifests name is there", () => {
		const missing: string[] = [];
		const look = (manifest: string) => {
			const base = dirname(manifest);
			const visit = (value: unknown): void => {
				if (typeof value === "object" && value !== null) for (const each of Object.values(value)) visit(each);
				if (typeof value !== "string" || !/^\.\.?\//.test(value) || value.includes("dist/")) return;
				const path = join(base, value.replace(/\/\*$/, ""));
				const found = ["", ".js", ".dat", ".c", ".h"].some((ending) => existsSync(path + ending));
				if (!found) missing.push(`${manifest}: ${value}`);
				else if (path.endsWith(".json")) look(path);
			};
			visit(JSON.parse(readFileSync(manifest, "utf8")));
		};
		look(join(folder, "manifest.json"));
		if (name === "gesture") for (const board of BOARDS) look(join(folder, "boards", board));
		expect(missing).toEqual([]);
	});
});

test("the library includes no base manifest and no typings of the SDK, and its modules have the package's name", () => {
	const manifests = readdirSync(projectPath("firmware/library"))
		.map((name) => `firmware/library/${name}/manifest.json`)
		.concat("manifest.json", "firmware/modules/manifest.json");
	for (const file of manifests) {
		const text = readFileSync(projectPath(file), "utf8");
		expect(text, file).not.toMatch(/manifest_base|typings\/(?!.*edge-ssm)|"~"/);
		const named = JSON.stringify(JSON.parse(text)).matchAll(/"modules":\{(.*?)\}/g);
		for (const [, modules] of named)
			for (const name of Object.keys(JSON.parse(`{${modules}}`)))
				expect(name, file).toMatch(/^(edge-ssm\/|\*$)/);
	}
});

test("no manifest has quotes in compiler flags: Windows paths break on them; libraries leave flags alone", () => {
	for (const file of ["manifest.json", "firmware/modules/manifest.json"])
		expect(readFileSync(projectPath(file), "utf8")).not.toContain("C_FLAGS_SUBPLATFORM");
	const { build } = JSON.parse(readFileSync(projectPath("manifests/esp32-family.json"), "utf8"));
	expect(build.C_FLAGS_SUBPLATFORM).toMatch(/^-D\w+=[\w.]+$/);
	const file = projectPath("firmware/kernel/essm_scan.c");
	const flags = ["-std=c99", "-O2", "-S", "-o", "-", build.C_FLAGS_SUBPLATFORM, file];
	expect(execFileSync("cc", flags, { encoding: "utf8" })).toMatch(/\.section\s+"?\.iram1\.essm/);
});

describe.skipIf(!sdk)("with the SDK", () => {
	const out = projectPath("build/examples");
	const runner = join(out, "edge-ssm-lin");
	let env: NodeJS.ProcessEnv;

	function sdkTool(tool: string, args: string[], cwd: string): string {
		const { stdout, stderr, status } = spawnSync(tool, args, { cwd, env, encoding: "utf8" });
		expect(status, `${stdout}${stderr}`).toBe(0);
		return `${stdout}${stderr}`;
	}

	/** mc.so of an example. */
	function build(name: string, ...config: string[]): string {
		const args = ["-d", "-m", "-p", "lin", "-t", "build", "-o", out, ...config];
		const said = sdkTool("mcconfig", args, projectPath(`examples/${name}`));
		expect(said).not.toMatch(/warning: edge-ssm|(firmware|dist)\/.*warning/);
		return join(out, "bin/lin/mc/debug", name, "mc.so");
	}

	beforeAll(async () => {
		const { moddable, tools } = findModdable();
		const path = [projectPath("node_modules/.bin"), tools, process.env.PATH].join(delimiter);
		env = { ...process.env, MODDABLE: moddable, PATH: path };
		mkdirSync(out, { recursive: true });
		execFileSync("npm", ["run", "-s", "build"], { cwd: projectPath(".") });
		await buildRunner(moddable, out);
	});

	const home = () => ({ HOME: temporaryFolder() });

	test("minimal gives its result", async () => {
		const { line } = await runTraced(runner, build("minimal"));
		expect(await line(/128/)).toBe("128 swipe left (margin 544)");
	});

	test("gesture samples an ECMA-419 sensor", async () => {
		const { line } = await runTraced(runner, build("gesture"));
		expect(await line(/^128 /)).toMatch(/^128 swipe left/);
	});

	test("two models share a stream", async () => {
		const { line, lines } = await runTraced(runner, build("two-models"));
		expect(await line(/sure/)).toBe("128 sure: swipe left");
		expect(lines.filter((each) => each.includes("quick")).length).toBe(4);
	});

	test("after deep sleep the result is that of a stream without a break", async () => {
		const library = build("deep-sleep");
		const where = home();
		await (await runTraced(runner, library, where)).line(/^64 steps/);
		const { line } = await runTraced(runner, library, where);
		expect(await line(/^128/)).toBe("128 swipe left (margin 544)");
	});

	test("values are told, and an alarm begins where the series becomes another", async () => {
		const { line, lines } = await runTraced(runner, build("anomaly"));
		const [, step] = /^(\d+) alarm begins \(score \d+\)$/.exec(await line(/alarm/))!;
		expect(Number(step)).toBeGreaterThan(1000);
		expect(Number(step)).toBeLessThan(1100);
		expect(lines.filter((each) => each.includes("next x:"))).toHaveLength(5);
	});

	test("HTTP posts to a server", async () => {
		const server = createServer();
		onTestFinished(() => void server.close());
		const posted = new Promise<string>((resolve) => {
			server.on("request", (request, response) => {
				let body = "";
				request.on("data", (data) => {
					body += data;
				});
				request.on("end", () => {
					response.end("ok");
					resolve(`${request.method} ${request.url} ${body}`);
				});
			});
		});
		await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
		const { port } = server.address() as AddressInfo;
		const { line } = await runTraced(runner, build("http", "host=127.0.0.1", `port=${port}`));
		expect(await line(/^HTTP/)).toBe("HTTP 200");
		expect(await posted).toBe('POST /results {"step":128,"label":"swipe left","margin":544}');
	});

	const broker = ["/usr/sbin/mosquitto", "/usr/local/sbin/mosquitto"].find((path) => existsSync(path));
	if (sdk && !broker) console.warn("left out: MQTT, for mosquitto is not installed");
	test.skipIf(!broker)("MQTT publishes to mosquitto", async () => {
		const port = await freePort();
		const folder = temporaryFolder();
		writeFileSync(join(folder, "mosquitto.conf"), `listener ${port} 127.0.0.1\nallow_anonymous true\n`);
		const mosquitto = spawn(broker!, ["-c", join(folder, "mosquitto.conf")], { stdio: "ignore" });
		onTestFinished(() => void mosquitto.kill());
		await listening(port);
		const listener = spawn("mosquitto_sub", ["-p", String(port), "-t", "edge-ssm/#", "-C", "1", "-v"]);
		onTestFinished(() => void listener.kill());
		const heard = new Promise<string>((resolve) =>
			listener.stdout.once("data", (data) => resolve(String(data))),
		);
		await runTraced(runner, build("mqtt", "host=127.0.0.1", `port=${port}`));
		expect((await heard).trim()).toBe('edge-ssm/gesture {"step":128,"label":"swipe left","margin":544}');
	});

	test("BLE builds", () => {
		expect(existsSync(build("ble"))).toBe(true);
	});

	test.each(PLATFORMS)("manifests hold for %s until ESP-IDF is called", (platform) => {
		for (const name of EXAMPLES.filter((each) => each !== "gesture"))
			sdkTool("mcconfig", ["-p", platform, "-o", out], projectPath(`examples/${name}`));
	});

	test.each(BOARDS)(
		"gesture's boards/%s holds until ESP-IDF is called, and refuses other platforms",
		(board) => {
			const folder = projectPath("examples/gesture");
			const { platforms } = JSON.parse(readFileSync(join(folder, "boards", board), "utf8"));
			const [platform] = Object.keys(platforms) as [string];
			sdkTool("mcconfig", ["-p", platform, "-o", out, `boards/${board}`], folder);
			const { stdout, stderr, status } = spawnSync("mcconfig", ["-p", "lin", "-o", out, `boards/${board}`], {
				...{ cwd: folder, env, encoding: "utf8" },
			});
			expect(status).not.toBe(0);
			expect(`${stdout}${stderr}`).toContain(`this board is for -p ${platform}`);
		},
	);

	test("a kernel with the kinds of its model alone runs it; one without a kind that it needs says so", async () => {
		const cli = ["dist/cli.js", "inspect", "models/motion.essm", "--kinds"];
		const kinds = JSON.parse(execFileSync("node", cli, { cwd: projectPath("."), encoding: "utf8" }));
		const main = `import Classifier from "edge-ssm/classifier";
			import Resource from "Resource";
			export default function () {
				try {
					const classifier = new Classifier({
						model: new Resource("motion.essm"),
						onResult: ({ label, margin, step }) => trace(step, " ", label, " (margin ", margin, ")\\n"),
					});
					classifier.write(new Resource("swipe.dat"));
				} catch (error) {
					trace(error, "\\n");
				}
			}`;
		const said = async (name: string, essm: object, pattern: RegExp) => {
			const folder = join(temporaryFolder(), name);
			mkdirSync(folder);
			writeFileSync(join(folder, "main.js"), main);
			const manifest = {
				include: ["$(MODDABLE)/examples/manifest_base.json", projectPath("manifest.json")],
				modules: { "*": "./main" },
				resources: { "*": [projectPath("models/motion.essm"), projectPath("examples/recordings/swipe")] },
				defines: { essm },
			};
			writeFileSync(join(folder, "manifest.json"), JSON.stringify(manifest));
			sdkTool("mcconfig", ["-d", "-m", "-p", "lin", "-t", "build", "-o", out], folder);
			return (await runTraced(runner, join(out, `bin/lin/mc/debug/${name}/mc.so`))).line(pattern);
		};
		expect(await said("kinds-of-model", kinds.defines.essm, /128/)).toBe("128 swipe left (margin 544)");
		expect(await said("without-s4d", { without_s4d: 1 }, /ESSM_E_KIND/)).toMatch(
			/this firmware leaves out a kind that the model needs; see edge-ssm inspect MODEL --kinds/,
		);
	});

	test("mcpack finds the library in the npm package", async () => {
		const folder = temporaryFolder();
		mkdirSync(join(folder, "node_modules"));
		symlinkSync(projectPath("."), join(folder, "node_modules/edge-ssm"));
		const resources = { "*": [projectPath("models/motion.essm"), projectPath("examples/recordings/swipe")] };
		const description = {
			name: "mcpack-app",
			type: "module",
			main: "./main.js",
			moddable: { manifest: { resources } },
		};
		writeFileSync(join(folder, "package.json"), JSON.stringify(description));
		writeFileSync(join(folder, "main.js"), readFileSync(projectPath("examples/minimal/main.js")));
		sdkTool("mcpack", ["mcconfig", "-d", "-m", "-p", "lin", "-t", "build", "-o", out], folder);
		const { line } = await runTraced(runner, join(out, "bin/lin/mc/debug/mcpack-app/mc.so"));
		expect(await line(/128/)).toBe("128 swipe left (margin 544)");
	});
});

/** A port that nobody uses now. */
function freePort(): Promise<number> {
	return new Promise((resolve) => {
		const server = createTcpServer().listen(0, "127.0.0.1", () => {
			const { port } = server.address() as AddressInfo;
			server.close(() => resolve(port));
		});
	});
}

/** Resolves once somebody accepts on the port. */
async function listening(port: number): Promise<void> {
	for (;;) {
		const accepted = await new Promise<boolean>((resolve) => {
			const socket = connect(port, "127.0.0.1", () => resolve(true)).on("error", () => resolve(false));
			socket.on("connect", () => socket.end());
		});
		if (accepted) return;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
