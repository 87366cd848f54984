// Each result is posted to an HTTP server. Its address is that of the manifest's "config", or of the command line: host=192.168.1.5

import Resource from "Resource";
import Classifier from "edge-ssm/classifier";
import { Request } from "http";
import config from "mc/config";

function post(result) {
	const request = new Request({
		host: config.host,
		port: Number(config.port),
		method: "POST",
		path: config.path,
		headers: ["Content-Type", "application/json"],
		body: JSON.stringify(result),
	});
	request.callback = (message, value) => {
		if (message === Request.status) trace(`HTTP ${value}\n`);
		else if (message === Request.headersComplete) request.close();
		else if (message < 0) trace(`no answer from ${config.host}:${config.port}\n`);
	};
}

export default function () {
	const classifier = new Classifier({
		model: new Resource("motion.essm"),
		onResult: ({ step, label, margin }) => post({ step, label, margin }),
	});
	classifier.write(new Uint8Array(new Resource("swipe.dat")));
}
