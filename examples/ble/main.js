// Results over Bluetooth Low Energy: a service with one characteristic, the label, which notifies whoever subscribed.

import Resource from "Resource";
import BLEServer from "bleserver";
import { uuid } from "btutils";
import Classifier from "edge-ssm/classifier";
import Timer from "timer";

const HOP = 32;

class ResultServer extends BLEServer {
	#label; // the characteristic, once somebody subscribed

	onReady() {
		this.deviceName = "edge-ssm";
		this.advertise();
	}
	advertise() {
		this.startAdvertising({
			advertisingData: { flags: 6, completeName: this.deviceName },
			scanResponseData: { completeUUID128List: [uuid`8d2b6f10-5e1e-4b0c-9d6a-3f5b7c1a0e01`] },
		});
	}
	onConnected() {
		this.stopAdvertising();
	}
	onDisconnected() {
		this.#label = undefined;
		this.advertise();
	}
	onCharacteristicNotifyEnabled(characteristic) {
		this.#label = characteristic;
	}
	onCharacteristicNotifyDisabled() {
		this.#label = undefined;
	}
	result({ label }) {
		if (this.#label) this.notifyValue(this.#label, label);
	}
}

export default function () {
	const server = new ResultServer();
	const classifier = new Classifier({
		model: new Resource("motion.essm"),
		hop: HOP,
		onResult: (result) => server.result(result),
	});
	const samples = new Uint8Array(new Resource("swipe.dat"));
	const bytes = 2 * classifier.model.channels;
	let step = 0;
	Timer.repeat(() => {
		classifier.write(samples, step * bytes, 1);
		step = (step + 1) % (samples.length / bytes);
	}, 1000 / classifier.model.rate);
}
