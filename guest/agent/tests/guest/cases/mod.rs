//! The tests, by subject. Each is a plain async function that panics when it fails.

mod connection;
mod doors;
mod environment;
mod errors;
mod lifecycle;
mod loopback;
mod mounts;
mod network;
mod resources;
mod seccomp;
mod streams;
mod terminal;

use std::os::unix::net::UnixStream;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures::FutureExt;
use hadron_agent::protocol::agent as proto;
use tokio::time::timeout;

use crate::client::{Guest, read};

/// Of one test.
const DEADLINE: Duration = Duration::from_secs(120);

macro_rules! tests {
    ($($module:ident: $($name:ident)*;)*) => {
        /// Runs them all and prints the verdicts.
        pub async fn all(socket: UnixStream) {
            let guest = Guest::new(socket);
            let only = only();
            let (mut passed, mut failed) = (0, 0);
            prepare(&guest).await;
            $($(
                let name = concat!(stringify!($module), "::", stringify!($name));
                if name.contains(&only) {
                    let began = Instant::now();
                    let test = AssertUnwindSafe($module::$name(&guest)).catch_unwind();
                    let verdict = timeout(DEADLINE, test).await;
                    let took = began.elapsed().as_millis();
                    // Panics have printed their message.
                    let good = matches!(verdict, Ok(Ok(()))) && leftovers(name);
                    if good { passed += 1 } else { failed += 1 }
                    println!("{} {name} ({took} ms)", if good { "ok  " } else { "FAIL" });
                }
            )*)*
            // libtest's line, so that whoever counts tests counts these.
            let verdict = if failed == 0 { "ok" } else { "FAILED" };
            println!("test result: {verdict}. {passed} passed; {failed} failed; 0 ignored; 0 measured; 0 filtered out");
        }
    };
}

tests! {
    lifecycle: exit_statuses killed_by_a_signal two_hundred_that_exit_at_once states_and_refusals
        every_waiter_is_answered created_but_never_started signals_to_all execs ten_execs_at_once
        exec_into_a_stopped_container pause_and_resume without_a_pid_namespace shared_namespaces the_pods_pid_namespace
        five_containers_beside_each_other what_outlives_init_in_a_shared_pid_namespace
        an_exec_that_waits_for_its_cpu_holds_up_nobody;
    streams: stdout_and_stderr_stay_apart many_bytes_arrive_in_order a_hundred_short_lines
        stdin_to_its_end stdin_that_nobody_reads a_slow_reader_slows_the_writer
        standard_streams_can_be_opened_again output_of_a_process_that_outlives_its_container
        a_reader_that_goes_away;
    terminal: size_and_resize control_c an_exec_with_a_terminal the_end_of_its_input_hangs_up
        who_does_not_read_holds_no_hang_up_up who_is_left_behind_holds_no_client every_byte_up_to_the_end;
    environment: user_groups_umask cwd_env_and_hostname capabilities_and_no_new_privileges limits
        seccomp_holds_for_execs_too masked_and_readonly_paths readonly_root mounts sysctls_and_devices
        home_of_the_user user_namespace
        absent_and_unknown_capabilities limits_have_all_64_bits mount_points_through_links
        tmpfs_and_what_it_covers readonly_paths_add_ro_and_nothing_else devices_and_their_rules
        execve_decides_who_may_execute a_filter_knows_only_the_programs_calls home_and_its_absence
        root_propagation dev_null_stays_roots a_passwd_that_is_no_file no_environment_is_none
        without_device_rules_there_are_runcs;
    seccomp: new_calls_are_unknown a_profile_is_not_taken_for_another;
    mounts: mount_points_that_are_made a_proc_needs_a_directory dangling_links a_fifo_in_the_way read_only_paths_that_overlap;
    resources: stats update memory_limit pids_limit;
    loopback: a_server_is_reached listeners_are_told two_families without_a_server;
    doors: connections_reach_the_host connections_beyond_the_limit_wait a_host_that_is_not_there flows_of_datagrams
        broken_requests_and_ends;
    network: all_that_the_host_says changes idle_nics packets_pass what_cannot_be_done_is_told;
    errors: programs_that_cannot_run unknown_ids broken_requests the_sandbox_is_made_once mounts_that_fail;
    // The last, for the connection of all others is gone then.
    connection: a_lost_one_is_replaced;
}

fn only() -> String {
    let line = read("/proc/cmdline");
    line.split(' ')
        .find_map(|word| word.strip_prefix("only="))
        .unwrap_or("")
        .to_string()
}

async fn prepare(guest: &Guest) {
    let request = proto::CreateSandboxRequest {
        realtime_ns: 1_700_000_000_000_000_000,
        hostname: "pod".into(),
        sysctls: [("kernel.threads-max".to_string(), "20000".to_string())].into(),
        log_level: "warn".into(),
        ..Default::default()
    };
    let response = guest.create_sandbox(request).await.expect("sandbox");
    assert_eq!(response.kernel_release, read("/proc/sys/kernel/osrelease"));
    assert_eq!(read("/proc/sys/kernel/hostname"), "pod");
    assert_eq!(read("/proc/sys/kernel/threads-max"), "20000");
    assert!(hadron_agent::reaper::realtime_ns() / 1_000_000_000 - 1_700_000_000 < 600);
}

/// After a test there is nothing of a container: no process, no cgroup, no directory, no mount.
fn leftovers(name: &str) -> bool {
    let mut found = Vec::new();
    let entries = |path: &str| {
        let entries = std::fs::read_dir(path).expect(path).flatten();
        entries.map(|entry| entry.path()).collect::<Vec<_>>()
    };
    found.extend(
        entries("/sys/fs/cgroup/hadron")
            .into_iter()
            .filter(|path| path.is_dir()),
    );
    found.extend(entries(hadron_agent::boot::STATE));
    for path in entries("/proc") {
        let number = path
            .file_name()
            .and_then(|name| name.to_str()?.parse::<u32>().ok());
        // Kernel threads have no executable; PID 1 and this program are the agent's and the test's.
        let program = std::fs::read_link(path.join("exe"));
        if let (Some(1..), Ok(program)) = (number, program)
            && !program.ends_with("init")
        {
            found.push(program);
        }
    }
    // The pod's pid namespace stays.
    let mounts = read("/proc/self/mountinfo");
    if mounts.matches(" - ").count() - mounts.matches(" - nsfs ").count() > 11 {
        found.push("a mount".into());
    }
    for path in &found {
        println!("{name} has left {}", path.display());
    }
    found.is_empty()
}
