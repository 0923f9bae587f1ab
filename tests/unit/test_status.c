// SPDX-License-Identifier: GPL-2.0-or-later
/* A lab's status and its chains, as people and programs read them: of a lab that is none. */
#include <linux/bpf.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "lab/alloc.h"
#include "lab/cleanup.h"
#include "lab/error.h"
#include "orchestrator/model/labfile_read.h"
#include "orchestrator/report/chain_table.h"
#include "orchestrator/report/status.h"
#include "orchestrator/report/status_json.h"
#include "orchestrator/report/status_text.h"
#include "orchestrator/util/json.h"

static const char text[] = "[lab]\nname = t\nabout = three bridges\n"
			   "[node a]\n[node b]\n[node c]\n"
			   "[bridge s]\naddress = 10.0.0.1/24\n"
			   "[bridge u]\nuplink = s\n[bridge w]\nuplink = u\n"
			   "[iface a:e0]\nbridge = s\nmac = 02:00:00:00:00:01\nmtu = 1400\n"
			   "address = 10.0.0.2/24\naddress = fd00::2/64\nloss = 10%\n"
			   "[iface b:e0]\nbridge = u\nport = p\nmode = generic\n"
			   "[iface a:e1]\npeer = b:e1\n[iface b:e1]\npeer = a:e1\n"
			   "[iface b:v]\nvlan = 7\nlink = e1\n";

static char lab_name[] = "t", path[] = "t.ini", self[] = "b", engine[] = "auto", none[] = "";
static struct journal journal = {
	.lab = lab_name, .path = path, .engine = engine, .as = none, .self = none, .phase = STATE_UP
};

const struct journal *__wrap_state_journal(const struct state *st);
const struct journal *__wrap_state_journal(const struct state *st)
{
	(void)st;
	return &journal;
}

#define GREEN "\033[32m"
#define RED   "\033[31m"
#define BOLD  "\033[1m"
#define END   "\033[0m"

static char *filters[] = { (char *)"web", (char *)"mine" };
static char why_inline[] = "auto chose it";

/* Of two filters: what they decided, and what came through. */
static struct chain_row rows[2];
static const struct chain_record two = { .engine = ENGINE_INLINE,
					 .why = why_inline,
					 .gen = 3,
					 .mode = XDP_MODE_CHOICE_NATIVE,
					 .prog_id = 77,
					 .filters = filters,
					 .n_filters = 2 };

static struct chain_view a_view(void)
{
	memset(rows, 0, sizeof(rows));
	rows[0] = (struct chain_row){ .filter = filters[0], .known = true };
	rows[1] = (struct chain_row){ .filter = filters[1], .known = true };
	rows[0].verdicts[XLAB_SLOT_NEXT] = (struct xlab_count){ 5, 300 };
	rows[1].verdicts[XDP_PASS] = (struct xlab_count){ 1, 60 };
	rows[1].verdicts[XDP_DROP] = (struct xlab_count){ 4, 240 };
	return (struct chain_view){
		.record = two, .rows = rows, .passed = { 1, 60 }, .passed_known = true
	};
}

/* What @print writes. */
#define SAID(print)                                        \
	({                                                 \
		char *said = NULL;                         \
		size_t size;                               \
		FILE *out = xopen_memstream(&said, &size); \
                                                           \
		print;                                     \
		xclose_memstream(out);                     \
		said;                                      \
	})

static void expect(char *said, const char *wanted)
{
	assert_string_equal(said, wanted);
	free(said);
}

static void expect_line(char *said, const char *line)
{
	if (!strstr(said, line))
		fail_msg("no \"%s\" in: %s", line, said);
	free(said);
}

static void a_chain_for_people(void **state)
{
	struct chain_view view = a_view();

	(void)state;
	expect(SAID(chain_print("a:e0", &view, 2, false, out)),
	       "a:e0: inline, native XDP\n"
	       "  #  filter  next  pass  drop\n"
	       "  1  web        5     0     0\n"
	       "  2  mine       0     1     4\n"
	       "  came through: 1 packet, 60 bytes\n"
	       "  why inline: auto chose it\n");
	expect(SAID(chain_print("a:e0", &view, 0, true, out)),
	       "a:e0: inline, native XDP\n"
	       "#  filter  next  pass  drop\n"
	       "1  web        5     0     0\n"
	       "2  mine       0     1     " RED "4" END "\n"
	       "came through: 1 packet, 60 bytes\n"
	       "why inline: auto chose it\n");
	/* rare actions have a column where there are any */
	view.record.scenario = true;
	view.record.why = NULL;
	view.passed = (struct xlab_count){ 2, 1 };
	rows[0].verdicts[XDP_TX].packets = 1;
	rows[1].verdicts[XDP_REDIRECT].packets = 2;
	rows[0].verdicts[XDP_ABORTED].packets = 3;
	rows[1].verdicts[XLAB_SLOT_INVALID].packets = 4;
	expect(SAID(chain_print("a:e0", &view, 0, false, out)),
	       "a:e0: inline, native XDP, put on by a scenario\n"
	       "#  filter  next  pass  drop  tx  redirect  aborted  invalid\n"
	       "1  web        5     0     0   1         0        3        0\n"
	       "2  mine       0     1     4   0         2        0        4\n"
	       "came through: 2 packets, 1 byte\n"
	       "why inline: \n");
	expect(SAID(chain_print("a:e0", &view, 0, true, out)),
	       "a:e0: inline, native XDP, put on by a scenario\n"
	       "#  filter  next  pass  drop  tx  redirect  aborted  invalid\n"
	       "1  web        5     0     0   " RED "1" END "         0        " RED "3" END
	       "        0\n"
	       "2  mine       0     1     " RED "4" END "   0         " RED "2" END
	       "        0        " RED "4" END "\n"
	       "came through: 2 packets, 1 byte\n"
	       "why inline: \n");
	/* what libxdp does not count */
	view.record.engine = ENGINE_LIBXDP;
	view.record.mode = XDP_MODE_CHOICE_GENERIC;
	view.passed_known = rows[1].known = false;
	rows[0].verdicts[XDP_ABORTED].packets = 0;
	expect(SAID(chain_print("a:e0", &view, 1, false, out)),
	       "a:e0: libxdp, generic XDP, put on by a scenario\n"
	       " #  filter  next  pass  drop  tx\n"
	       " 1  web        5     0     0   1\n"
	       " 2  mine       ?     ?     ?   ?\n"
	       " came through: ?\n"
	       " why libxdp: \n"
	       " libxdp neither counts nor tells what mine decides; engine = inline does\n");
	rows[0] = (struct chain_row){ .filter = filters[0] };
	expect(SAID(chain_print("a:e0", &view, 0, false, out)),
	       "a:e0: libxdp, generic XDP, put on by a scenario\n"
	       "#  filter  next  pass  drop\n"
	       "1  web        ?     ?     ?\n"
	       "2  mine       ?     ?     ?\n"
	       "came through: ?\n"
	       "why libxdp: \n"
	       "libxdp neither counts nor tells what web, mine decides; engine = inline does\n");
	view.record.n_filters = 0;
	expect(SAID(chain_print("a:e0", &view, 1, false, out)), "a:e0 has no chain\n");
}

/* Without line ends and what a line is indented by. */
static char *squeezed(char *json)
{
	char *to = json;

	for (const char *from = json; *from; from++) {
		if (*from == '\n')
			from += strspn(from + 1, " ");
		else
			*to++ = *from;
	}
	*to = '\0';
	return json;
}

static char *json_of_chain(const struct chain_view *view)
{
	return squeezed(SAID({
		struct json j = { .out = out };

		json_open(&j, NULL, '{');
		chain_json_print(view, &j);
		json_close(&j, '}');
	}));
}

/* Of the two filters that chains have here. */
#define FILTERS_JSON                                                                \
	"\"filters\": [{\"filter\": \"web\",\"counted\": true,"                     \
	"\"verdicts\": {\"next\": {\"packets\": 5,\"bytes\": 300},"                 \
	"\"pass\": {\"packets\": 0,\"bytes\": 0},\"drop\": {\"packets\": 0,"        \
	"\"bytes\": 0},\"tx\": {\"packets\": 0,\"bytes\": 0},"                      \
	"\"redirect\": {\"packets\": 0,\"bytes\": 0},\"aborted\": {\"packets\": 0," \
	"\"bytes\": 0},\"invalid\": {\"packets\": 0,\"bytes\": 0}}},"               \
	"{\"filter\": \"mine\",\"counted\": true,"                                  \
	"\"verdicts\": {\"next\": {\"packets\": 0,\"bytes\": 0},"                   \
	"\"pass\": {\"packets\": 1,\"bytes\": 60},\"drop\": {\"packets\": 4,"       \
	"\"bytes\": 240},\"tx\": {\"packets\": 0,\"bytes\": 0},"                    \
	"\"redirect\": {\"packets\": 0,\"bytes\": 0},\"aborted\": {\"packets\": 0," \
	"\"bytes\": 0},\"invalid\": {\"packets\": 0,\"bytes\": 0}}}],"

static void a_chain_for_programs(void **state)
{
	struct chain_view view = a_view();

	(void)state;
	expect(json_of_chain(&view),
	       "{\"chain\": {\"engine\": \"inline\",\"why\": \"auto chose it\",\"note\": null,"
	       "\"mode\": \"native\",\"generation\": 3,\"program\": 77,\"scenario\": "
	       "false," FILTERS_JSON "\"passed\": {\"packets\": 1,\"bytes\": 60}}}");
	view.record.engine = ENGINE_LIBXDP;
	view.record.scenario = true;
	view.passed_known = rows[1].known = false;
	view.record.why = NULL;
	expect(json_of_chain(&view),
	       "{\"chain\": {\"engine\": \"libxdp\",\"why\": \"\","
	       "\"note\": \"libxdp neither counts nor tells what mine decides; engine = inline "
	       "does\","
	       "\"mode\": \"native\",\"generation\": 3,\"program\": 77,\"scenario\": true,"
	       "\"filters\": [{\"filter\": \"web\",\"counted\": true,"
	       "\"verdicts\": {\"next\": {\"packets\": 5,\"bytes\": 300},"
	       "\"pass\": {\"packets\": 0,\"bytes\": 0},\"drop\": {\"packets\": 0,"
	       "\"bytes\": 0},\"tx\": {\"packets\": 0,\"bytes\": 0},"
	       "\"redirect\": {\"packets\": 0,\"bytes\": 0},\"aborted\": {\"packets\": 0,"
	       "\"bytes\": 0},\"invalid\": {\"packets\": 0,\"bytes\": 0}}},"
	       "{\"filter\": \"mine\",\"counted\": false,\"verdicts\": {}}],\"passed\": null}}");
	view.record.n_filters = 0;
	expect(json_of_chain(&view), "{\"chain\": null}");
}

static struct iface_status ifaces[5];
static enum standing bridges[3], uplinks[4];
static char why_auto[] = "this kernel", *differences[] = { (char *)"one", (char *)"two" };

static void begin(struct status *s)
{
	const struct plan_options options = { 0 };
	struct error ERROR_AUTO e = ERROR_INIT;

	*s = (struct status){ .ifaces = ifaces,
			      .bridges = bridges,
			      .uplinks = uplinks,
			      .engine = ENGINE_INLINE,
			      .why = why_auto };
	if (labfile_parse(&s->lab.labfile, path, "/tmp", text, strlen(text), &e) ||
	    plan_make(&s->lab.plan, &s->lab.labfile.topo, &options, &e))
		fail_msg("%s", e.text);
	memset(ifaces, 0, sizeof(ifaces));
	for (size_t i = 0; i < s->lab.labfile.topo.n_ifaces; i++)
		ifaces[i].node_end = ifaces[i].port_end = STANDING_UP;
	for (size_t i = 0; i < ARRAY_SIZE(uplinks); i++)
		uplinks[i] = STANDING_UP;
	for (size_t i = 0; i < ARRAY_SIZE(bridges); i++)
		bridges[i] = STANDING_UP;
	ifaces[0].has_mac = true;
	memcpy(ifaces[0].mac, "\2\0\0\0\0\1", 6);
}

static void end(struct status *s)
{
	plan_clear(&s->lab.plan);
	labfile_clear(&s->lab.labfile);
	journal.phase = STATE_UP;
	journal.self = none;
}

static void a_lab_for_people(void **state)
{
	struct status s;

	(void)state;
	begin(&s);
	expect(SAID(status_print_text(&s, false, out)),
	       "t  three bridges\n"
	       "  t.ini; engine inline: this kernel\n"
	       "\n"
	       "  interface  state         MAC                addresses               other end\n"
	       "  a:e0       up            02:00:00:00:00:01  10.0.0.2/24 fd00::2/64  s:e0-p\n"
	       "  a:e1       up                                                       b:e1\n"
	       "  b:e0       up                                                       u:p\n"
	       "  b:e1       up                                                       a:e1\n"
	       "  b:v        up                                                       VLAN 7 of "
	       "e1\n"
	       "  c          no interface\n"
	       "\n"
	       "  bridge  state  ports  uplinks  addresses\n"
	       "  s       up     e0-p   u        10.0.0.1/24\n"
	       "  u       up     p      s w\n"
	       "  w       up            u\n");
	/* bridges without addresses, and without uplinks */
	s.lab.labfile.topo.bridges[0].n_addresses = 0;
	expect_line(SAID(status_print_text(&s, false, out)), "  bridge  state  ports  uplinks\n");
	s.lab.labfile.topo.n_uplinks = 0;
	expect_line(SAID(status_print_text(&s, false, out)), "  bridge  state  ports\n");
	s.lab.labfile.topo.bridges[0].n_addresses = 1;
	s.lab.labfile.topo.n_uplinks = 2;
	/* all that can be amiss */
	ifaces[0].node_end = STANDING_MISSING;
	ifaces[0].has_mac = false;
	ifaces[0].port_end = STANDING_DOWN;
	ifaces[2].node_end = STANDING_NO_CARRIER;
	ifaces[0].chain = a_view();
	bridges[1] = STANDING_DOWN;
	uplinks[0] = STANDING_BLOCKING;
	uplinks[3] = STANDING_MISSING;
	journal.self = self;
	s.stale = (char *)"t.ini has changed";
	s.differences = differences;
	s.n_differences = 2;
	expect(SAID(status_print_text(&s, false, out)),
	       "t  three bridges\n"
	       "  t.ini; engine inline: this kernel; self is b\n"
	       "  t.ini has changed\n"
	       "\n"
	       "  interface  state         MAC  addresses               other end\n"
	       "  a:e0       missing            10.0.0.2/24 fd00::2/64  s:e0-p\n"
	       "  a:e1       no carrier                                 b:e1\n"
	       "  b:e0       up                                         u:p\n"
	       "  b:e1       up                                         a:e1\n"
	       "  b:v        up                                         VLAN 7 of e1\n"
	       "  c          no interface\n"
	       "\n"
	       "  bridge  state  ports       uplinks                 addresses\n"
	       "  s       up     e0-p(down)  u                       10.0.0.1/24\n"
	       "  u       down   p           s(blocking) w(missing)\n"
	       "  w       up                 u\n"
	       "\n"
	       "  a:e0: inline, native XDP\n"
	       "    #  filter  next  pass  drop\n"
	       "    1  web        5     0     0\n"
	       "    2  mine       0     1     4\n"
	       "    came through: 1 packet, 60 bytes\n"
	       "    why inline: auto chose it\n"
	       "\n"
	       "  not as the lab file has it:\n"
	       "    one\n"
	       "    two\n");
	expect(SAID(status_print_text(&s, true, out)), BOLD
	       "t" END "  three bridges\n"
	       "  t.ini; engine inline: this kernel; self is b\n"
	       "  t.ini has changed\n"
	       "\n"
	       "  interface  state         MAC  addresses               other end\n"
	       "  a:e0       " RED "missing" END "            10.0.0.2/24 fd00::2/64  s:e0-p\n"
	       "  a:e1       " RED "no carrier" END "                                 b:e1\n"
	       "  b:e0       " GREEN "up" END "                                         u:p\n"
	       "  b:e1       " GREEN "up" END "                                         a:e1\n"
	       "  b:v        " GREEN "up" END
	       "                                         VLAN 7 of e1\n"
	       "  c          no interface\n"
	       "\n"
	       "  bridge  state  ports       uplinks                 addresses\n"
	       "  s       " GREEN "up" END "     e0-p(down)  u                       10.0.0.1/24\n"
	       "  u       " RED "down" END "   p           s(blocking) w(missing)\n"
	       "  w       " GREEN "up" END "                 u\n"
	       "\n"
	       "  a:e0: inline, native XDP\n"
	       "    #  filter  next  pass  drop\n"
	       "    1  web        5     0     0\n"
	       "    2  mine       0     1     " RED "4" END "\n"
	       "    came through: 1 packet, 60 bytes\n"
	       "    why inline: auto chose it\n"
	       "\n"
	       "  not as the lab file has it:\n"
	       "    " RED "one" END "\n"
	       "    " RED "two" END "\n");
	journal.phase = STATE_BUILDING;
	expect(SAID(status_print_text(&s, false, out)),
	       "t  three bridges\n"
	       "  being built now, or its command was killed: then `xlab down t` clears it\n");
	end(&s);
}

static char *json_of_lab(const struct status *s)
{
	return squeezed(SAID({
		struct json j = { .out = out };

		status_print_json(s, &j);
	}));
}

static void a_lab_for_programs(void **state)
{
	struct status s;

	(void)state;
	begin(&s);
	ifaces[3].chain = a_view();
	ifaces[4].node_end = STANDING_DOWN;
	bridges[1] = STANDING_MISSING;
	uplinks[0] = STANDING_BLOCKING;
	ifaces[1].port_end = STANDING_DOWN;
	s.differences = differences;
	s.n_differences = 2;
	expect(json_of_lab(&s),
	       "{\"name\": \"t\",\"about\": \"three bridges\",\"file\": \"t.ini\","
	       "\"phase\": \"up\",\"engine\": {\"asked\": \"auto\",\"used\": \"inline\","
	       "\"why\": \"this kernel\"},\"edited\": false,\"nodes\": [{\"name\": \"a\","
	       "\"netns\": \"a\",\"interfaces\": [{\"name\": \"e0\",\"state\": \"up\","
	       "\"mac\": \"02:00:00:00:00:01\",\"mtu\": 1400,\"addresses\": [\"10.0.0.2/24\","
	       "\"fd00::2/64\"],\"bridge\": \"s\",\"port\": \"e0-p\",\"peer\": null,"
	       "\"vlan\": null,\"link\": null,\"netem\": \"loss 10%\",\"mode\": \"native\","
	       "\"chain\": null},{\"name\": \"e1\",\"state\": \"up\",\"mac\": null,"
	       "\"mtu\": null,\"addresses\": [],\"bridge\": null,\"port\": null,"
	       "\"peer\": \"b:e1\",\"vlan\": null,\"link\": null,\"netem\": null,"
	       "\"mode\": \"native\",\"chain\": null}]},{\"name\": \"b\",\"netns\": \"b\","
	       "\"interfaces\": [{\"name\": \"e0\",\"state\": \"up\",\"mac\": null,"
	       "\"mtu\": null,\"addresses\": [],\"bridge\": \"u\",\"port\": \"p\","
	       "\"peer\": null,\"vlan\": null,\"link\": null,\"netem\": null,"
	       "\"mode\": \"generic\",\"chain\": null},{\"name\": \"e1\",\"state\": \"up\","
	       "\"mac\": null,\"mtu\": null,\"addresses\": [],\"bridge\": null,\"port\": null,"
	       "\"peer\": \"a:e1\",\"vlan\": null,\"link\": null,\"netem\": null,"
	       "\"mode\": \"native\",\"chain\": {\"engine\": \"inline\","
	       "\"why\": \"auto chose it\",\"note\": null,\"mode\": \"native\","
	       "\"generation\": 3,\"program\": 77,\"scenario\": false," FILTERS_JSON
	       "\"passed\": {\"packets\": 1,\"bytes\": 60}}},{\"name\": \"v\","
	       "\"state\": \"down\",\"mac\": null,\"mtu\": null,\"addresses\": [],"
	       "\"bridge\": null,\"port\": null,\"peer\": null,\"vlan\": 7,\"link\": \"e1\","
	       "\"netem\": null,\"mode\": \"generic\",\"chain\": null}]},{\"name\": \"c\","
	       "\"netns\": \"c\",\"interfaces\": []}],\"bridges\": [{\"name\": \"s\","
	       "\"netns\": \"s\",\"state\": \"up\",\"addresses\": [\"10.0.0.1/24\"],"
	       "\"ports\": [{\"name\": \"e0-p\",\"interface\": \"a:e0\",\"bridge\": null,"
	       "\"state\": \"up\"},{\"name\": \"u\",\"interface\": null,\"bridge\": \"u\","
	       "\"state\": \"up\"}]},{\"name\": \"u\",\"netns\": \"u\",\"state\": \"missing\","
	       "\"addresses\": [],\"ports\": [{\"name\": \"p\",\"interface\": \"b:e0\","
	       "\"bridge\": null,\"state\": \"down\"},{\"name\": \"s\",\"interface\": null,"
	       "\"bridge\": \"s\",\"state\": \"blocking\"},"
	       "{\"name\": \"w\",\"interface\": null,\"bridge\": \"w\",\"state\": \"up\"}]},"
	       "{\"name\": \"w\",\"netns\": \"w\",\"state\": \"up\",\"addresses\": [],"
	       "\"ports\": [{\"name\": \"u\",\"interface\": null,\"bridge\": \"u\",\"state\": "
	       "\"up\"}]}],\"differences\": [\"one\","
	       "\"two\"]}");
	s.stale = (char *)"t.ini has changed";
	journal.phase = STATE_LEAVING;
	expect(json_of_lab(&s), "{\"name\": \"t\",\"about\": \"three bridges\",\"file\": \"t.ini\","
				"\"phase\": \"leaving\","
				"\"advice\": \"going down now, or its command was killed: then "
				"`xlab down t` clears it\"}");
	end(&s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_chain_for_people),
		cmocka_unit_test(a_chain_for_programs),
		cmocka_unit_test(a_lab_for_people),
		cmocka_unit_test(a_lab_for_programs),
	};

	return cmocka_run_group_tests_name("status", tests, NULL, NULL);
}
