// Results over MQTT. The broker is that of the manifest's "config", or of the command line: mcconfig ... host=192.168.1.5

import Resource from "Resource";
import Classifier from "edge-ssm/classifier";
import config from "mc/config";
import Client from "mqtt";

export default function () {
	const client = new Client({ host: config.host, port: Number(config.port), id: "edge-ssm" });
	client.onReady = () => {
		const classifier = new Classifier({
			model: new Resource("motion.essm"),
			onResult({ step, label, margin }) {
				client.publish(config.topic, JSON.stringify({ step, label, margin }));
			},
		});
		classifier.write(new Uint8Array(new Resource("swipe.dat")));
	};
	client.onClose = () => trace(`no connection to ${config.host}:${config.port}\n`);
}
