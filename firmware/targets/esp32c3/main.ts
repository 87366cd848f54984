// Entry of the shipped application on an ESP32-C3 without the SDK.
import main from "../../app/main";

export default () => main({ target: "esp32c3" });
