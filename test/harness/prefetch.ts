/**
 * Fetches and makes all that tests take from the cache: the lab has no network, and no test should wait for it.
 * To be run beside other work: what is not there yet takes minutes.
 */
import { guestInitramfs } from "../hypervisor/guest.ts";
import { iptablesPackages, pluginDirectory } from "./cni.ts";
import { fetchContainerds } from "./containerd.ts";
import { DOCKER_PACKAGES } from "./docker.ts";
import { imageArchive, imageNames } from "./images.ts";
import { builtCrictl, debianPackage, debianPackages } from "./paths.ts";
import { newerVirtiofsd } from "./virtiofsd.ts";

await Promise.all([
  fetchContainerds(),
  newerVirtiofsd(),
  debianPackage("bookworm", "depends-of:linux-image-amd64"),
  pluginDirectory(),
  iptablesPackages(),
  debianPackage("bookworm", "radvd"),
  debianPackage("trixie", "passt"),
  debianPackages("trixie", ...DOCKER_PACKAGES),
  builtCrictl(),
  guestInitramfs("tuned"),
  guestInitramfs("debian"),
  (async () => {
    for (const name of imageNames) {
      await imageArchive(name);
    }
  })(),
]);
