// SPDX-License-Identifier: MIT
#include "session.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "receipt.h"

int session_failed(struct session *session, const char *what, int err)
{
	return failed(session->failure, fail_errno(err), "%s: %s", what, ward_strerror(err));
}

static const char *device_of(const struct session *session)
{
	return session->device ? session->device : WARD_DEVICE;
}

/* Who may not open the device was refused by this machine, not by a broker. */
static int no_device(struct session *session, int err)
{
	const char *device = device_of(session);

	if (err == -EPERM)
		return failed(session->failure, EXIT_DEVICE,
			      "%s: a device cgroup or a security module refuses; docker, podman:"
			      " --device %s; systemd: DeviceAllow=%s rw; wardctl doctor tells more",
			      device, device, device);
	if (err == -EACCES)
		return failed(session->failure, EXIT_DEVICE, "%s: %s", device, ward_strerror(err));
	if (err == -ENOENT)
		return failed(session->failure, EXIT_DEVICE,
			      "there is no %s: load the module (wardctl module load); wardctl doctor says"
			      " what else is missing", device);
	return session_failed(session, device, err);
}

/* Evidence says so, too. */
static int limit(struct session *session, const struct ward_info *info)
{
	int err;

	if (session->budget > info->out_limit)
		return failed(session->failure, EXIT_DEVICE,
			      "the budget of %" PRIu64 " bytes is above the limit in force, %"
			      PRIu64 "; lower --budget or raise the module's limit",
			      session->budget, (uint64_t)info->out_limit);
	if (!session->threshold)
		session->threshold = session->budget / 4 * 3;
	err = ward_session_watch(session->ward, session->threshold, session->budget);
	return err ? session_failed(session, "limit of the session", err) : 0;
}

int session_begin(struct session *session, struct card *card)
{
	struct ward_info info = { .size = sizeof(info) };
	struct memory_backend backend;
	int err;

	err = ward_session_open(session->device, &session->ward);
	if (err)
		return no_device(session, err);
	err = ward_session_info(session->ward, &info);
	if (err)
		return session_failed(session, "session", err);
	if (limit(session, &info))
		return -1;
	backend = memory_backend_ward(session->ward);
	memory_init(&session->memory, &backend, session->budget);
	memcpy(card->session, info.out_session, WARD_ID_LEN);
	memcpy(card->instance, info.out_instance, WARD_ID_LEN);
	emit_step(session->emit, "open",
		  json_pack("{s:o, s:I, s:I}", "session",
			    emit_hex(info.out_session, WARD_ID_LEN), "budget",
			    (json_int_t)session->budget, "threshold",
			    (json_int_t)session->threshold),
		  "session of %s, limited to %" PRIu64 " bytes of protected memory",
		  device_of(session), session->budget);
	return 0;
}

int session_declare(struct session *session, const struct plan *plan, struct card *card)
{
	int err = ward_session_measure(session->ward, plan->digest, card->declared);

	if (err)
		return session_failed(session, "declaring the plan", err);
	emit_step(session->emit, "measure",
		  json_pack("{s:s, s:o, s:o}", "plan", plan->name, "sha512",
			    emit_hex(plan->digest, PLAN_DIGEST_LEN), "declared",
			    emit_hex(card->declared, WARD_DIGEST_LEN)),
		  "plan %s declared: %zu columns of the design matrix, %zu runs", plan->name,
		  plan->features, plan->runs);
	return 0;
}

/* Nothing is held any more, the kernel says. */
static int see_wiped(struct session *session, uint64_t held)
{
	struct ward_info info = { .size = sizeof(info) };
	size_t peak = session->memory.peak;
	int err = ward_session_info(session->ward, &info);

	if (err)
		return session_failed(session, "session", err);
	if (info.out_live)
		return failed(session->failure, EXIT_DEVICE,
			      "%" PRIu64 " bytes are still held after the wipe",
			      (uint64_t)info.out_live);
	emit_step(session->emit, "wipe",
		  json_pack("{s:I, s:I, s:I}", "wiped", (json_int_t)held, "peak",
			    (json_int_t)peak, "live", (json_int_t)info.out_live),
		  "%" PRIu64 " bytes wiped, none held; most ever held %zu of %" PRIu64,
		  held, peak, session->budget);
	return 0;
}

int session_seal(struct session *session, uint64_t held)
{
	struct ward_seal sealed = { .size = sizeof(sealed) };
	int err;

	if (see_wiped(session, held))
		return -1;
	err = ward_session_seal(session->ward, &sealed);
	if (err)
		return session_failed(session, "seal", err);
	emit_step(session->emit, "seal", NULL,
		  "session sealed: it can hold no more protected memory");
	return 0;
}

int session_cards(struct session *session, const struct plan *plan,
		  const uint8_t (*digest)[CARD_DIGEST_LEN], const char *dir)
{
	char path[PATH_MAX];
	size_t i, bytes;

	for (i = 0; i < plan->runs; i++) {
		const char *name = plan->run[i].name;

		if (snprintf(path, sizeof(path), "%s/card-%s.ward", dir, name) >=
		    (int)sizeof(path))
			return failed(session->failure, EXIT_MISUSE, "%s: the path is too long",
				      dir);
		if (receipt_export_card(session->ward, digest[i], path, &bytes, session->failure))
			return -1;
		emit_step(session->emit, "card",
			  json_pack("{s:s, s:s, s:o, s:I}", "run", name, "file", path, "sha512",
				    emit_hex(digest[i], CARD_DIGEST_LEN),
				    "bytes", (json_int_t)bytes),
			  "%s: %s vouches for its card, %zu bytes", name, path, bytes);
	}
	return 0;
}
