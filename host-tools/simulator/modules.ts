// The native modules of the desktop target: import specifiers and the files that declare them.
import { projectPath } from "../files/project";

/** Specifier to absolute path. On the ESP32 the Moddable SDK provides the first three. */
export const nativeModules: Readonly<Record<string, string>> = {
	flash: projectPath("firmware/targets/host/flash.js"),
	timer: projectPath("firmware/targets/host/timer.js"),
	"embedded:io/serial": projectPath("firmware/targets/host/serial.js"),
	"edge-ssm/kernel": projectPath("firmware/modules/essm-kernel.js"),
	"edge-ssm/classifier": projectPath("firmware/library/classifier/classifier.js"),
	"edge-ssm/identity": projectPath("firmware/modules/essm-identity.js"),
	"edge-ssm/memory": projectPath("firmware/modules/essm-memory.js"),
	"edge-ssm/partition": projectPath("firmware/library/partition/flash.js"),
};
