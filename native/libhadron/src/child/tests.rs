use std::io::Read;

use super::*;

fn spawn(program: &str, arguments: &[&str]) -> OpResult<(i32, File)> {
    let reply = spawn_task(&SpawnTask {
        program: program.to_owned(),
        arguments: arguments
            .iter()
            .map(|&argument| argument.to_owned())
            .collect(),
        netns: "/proc/self/ns/net".to_owned(),
    })?;
    Ok(child_of(&reply))
}

/// Its pid, and the end of the pipe that was answered.
fn child_of(reply: &Reply) -> (i32, File) {
    let value = |name: &str| i32::try_from(reply.value()[name].as_i64().unwrap()).unwrap();
    let fd = rustix::io::dup(descriptor::borrow(value("fd")).unwrap()).unwrap();
    (value("pid"), File::from(fd))
}

fn spawn_shell(script: &str, fds: Vec<RawFd>) -> (i32, File) {
    let reply = spawn_program(&SpawnProgram {
        program: "/bin/sh".to_owned(),
        arguments: vec!["-c".to_owned(), script.to_owned(), "name".to_owned()],
        fds,
    })
    .unwrap();
    let (pid, output) = child_of(&reply);
    rustix::io::ioctl_fionbio(&output, false).unwrap();
    (pid, output)
}

fn wait(pidfd: &OwnedFd) -> Reply {
    let mut fds = [rustix::event::PollFd::new(
        pidfd,
        rustix::event::PollFlags::IN,
    )];
    rustix::event::poll(&mut fds, None).unwrap();
    reap(pidfd).unwrap()
}

#[test]
fn a_child_has_the_namespace_the_pipe_and_its_parent() {
    let script = r#"readlink /proc/self/fd/0; pwd; echo "$0 $1 $HADRON_PARENT"; exit 7"#;
    let (pid, mut output) = spawn("/bin/sh", &["sh", "-c", script, "name", "argument"]).unwrap();
    assert_eq!(
        wait(&open(pid).unwrap()).value(),
        &json!({ "code": 7, "signal": null })
    );
    let mut text = String::new();
    output.read_to_string(&mut text).unwrap();
    let netns = std::fs::read_link("/proc/self/ns/net").unwrap();
    let parent = std::process::id();
    assert_eq!(
        text,
        format!("{}\n/\nname argument {parent}\n", netns.display())
    );
    // Reaped: there is no such child any more.
    assert_eq!(open(pid).unwrap_err().errno, Errno::CHILD);
}

#[test]
fn a_vmm_has_its_socket_and_its_words_are_heard() {
    let directory = std::env::temp_dir().join(format!("libhadron-vmm-{}", std::process::id()));
    std::fs::create_dir(&directory).unwrap();
    let program = directory.join("program");
    let script = "#!/bin/sh\necho \"$@\" $(env | grep -c HADRON) >&0; pwd >&2; exit 3\n";
    std::fs::write(&program, script).unwrap();
    let mode = std::os::unix::fs::PermissionsExt::from_mode(0o700);
    std::fs::set_permissions(&program, mode).unwrap();
    let (mut ours, theirs) = std::os::unix::net::UnixStream::pair().unwrap();
    let reply = spawn_vmm(&SpawnVmm {
        program: program.to_str().unwrap().to_owned(),
        netns: "new".to_owned(),
        socket: theirs.as_raw_fd(),
    })
    .unwrap();
    drop(theirs);
    let (pid, mut output) = child_of(&reply);
    let end = wait(&open(pid).unwrap());
    assert_eq!(end.value(), &json!({ "code": 3, "signal": null }));
    let (mut arguments, mut words) = (String::new(), String::new());
    ours.read_to_string(&mut arguments).unwrap();
    let parent = std::process::id();
    assert_eq!(arguments, format!("--parent {parent} --netns new 0\n"));
    output.read_to_string(&mut words).unwrap();
    assert_eq!(words, "/\n");
    std::fs::remove_dir_all(&directory).unwrap();
}

#[test]
fn a_killed_child_is_told_so_also_when_it_is_asked_for_late() {
    let (pid, mut output) = spawn("/bin/sleep", &["sleep", "60"]).unwrap();
    let pidfd = open(pid).unwrap();
    rustix::process::pidfd_send_signal(&pidfd, rustix::process::Signal::KILL).unwrap();
    // The end of the pipe is the child's.
    assert!(matches!(output.read(&mut [0; 1]), Ok(0) | Err(_)));
    assert_eq!(
        wait(&open(pid).unwrap()).value(),
        &json!({ "code": null, "signal": 9 })
    );
}

#[test]
fn a_program_has_its_descriptors_and_little_else_of_ours() {
    let file = |text: &str| {
        let (read, write) = rustix::pipe::pipe().unwrap();
        rustix::io::write(&write, text.as_bytes()).unwrap();
        read
    };
    // In any order, also where one's number is the other's place.
    let (one, two) = (file("one\n"), file("two\n"));
    let given = vec![two.as_raw_fd(), one.as_raw_fd(), two.as_raw_fd()];
    let script = r#"pwd >&2; env | grep -v ^PWD= >&2; read a <&3; read b <&4; echo $0 $a $b >&2
        null=$(readlink /proc/$$/fd/0 /proc/$$/fd/1)
        [ /proc/$$/fd/5 -ef /proc/$$/fd/3 ] && same=yes
        signals=$(grep -E "Sig(Blk|Ign)" /proc/$$/status); echo $null >&2; echo $same >&2; echo $signals >&2; exit 5"#;
    let (pid, mut output) = spawn_shell(script, given);
    let mut text = String::new();
    output.read_to_string(&mut text).unwrap();
    assert_eq!(
        wait(&open(pid).unwrap()).value(),
        &json!({ "code": 5, "signal": null })
    );
    let lines: Vec<_> = text.lines().collect();
    assert_eq!(lines[0], "/");
    assert_eq!(lines[1], "PATH=/usr/sbin:/usr/bin:/sbin:/bin");
    assert_eq!(lines[2], "name two one");
    assert_eq!(lines[3], "/dev/null /dev/null");
    assert_eq!(lines[4], "yes");
    // The C library has two signals of its own ignored.
    let none = ["0000000000000000", "0000000180000000"];
    let words: Vec<_> = lines[5].split(' ').collect();
    assert_eq!(["SigBlk:", none[0], "SigIgn:"], words[..3]);
    assert!(none.contains(&words[3]), "{text}");
}

/// Whatever it is that the last descriptor was needed for.
#[test]
fn without_descriptors_there_is_a_child_that_is_answered_or_none() {
    // Descriptors of this thread's own, as many as can be.
    // SAFETY: what the thread opens from now on only it uses.
    unsafe { rustix::thread::unshare_unsafe(rustix::thread::UnshareFlags::FILES) }.unwrap();
    let null = File::open("/dev/null").unwrap();
    let mut all: Vec<_> = std::iter::from_fn(|| rustix::io::dup(&null).ok()).collect();
    let request = SpawnProgram {
        program: "/bin/sleep".to_owned(),
        arguments: vec!["60".to_owned()],
        fds: Vec::new(),
    };
    let reply = loop {
        match spawn_program(&request) {
            Ok(reply) => break reply,
            Err(error) => assert_eq!(error.errno, Errno::MFILE, "{}", error.message),
        }
        // The list of children takes one.
        all.pop();
        assert_eq!(children(), "");
    };
    drop(all);
    let (pid, _output) = child_of(&reply);
    assert_eq!(children().trim(), pid.to_string());
    give_up(pid.cast_unsigned());
    assert_eq!(children(), "");
}

/// Of this thread, reaped or not (proc(5)).
fn children() -> String {
    std::fs::read_to_string("/proc/thread-self/children").unwrap()
}

#[test]
fn refusals_name_what_is_wrong() {
    for (program, arguments, words) in [
        (
            "/no/such/program",
            &["x"][..],
            "/no/such/program cannot be executed",
        ),
        ("program", &["x"], "must be an absolute path"),
        ("/bin/true", &[], "at least the argument"),
    ] {
        let message = spawn(program, arguments).unwrap_err().message;
        assert!(message.contains(words), "{message}");
    }
    for pid in [0, -1, 1, 4_194_305] {
        assert_eq!(open(pid).unwrap_err().errno, Errno::CHILD, "{pid}");
    }
}

#[test]
fn refusals_of_a_program_name_what_is_wrong() {
    for (program, arguments, fds, words) in [
        (
            "/no/such/program",
            "",
            vec![],
            "/no/such/program cannot be executed",
        ),
        ("program", "", vec![], "must be an absolute path"),
        ("/bin/true", "a\0b", vec![], "zero byte"),
        ("/bin/true", "", vec![-1], "-1 is not a file descriptor"),
        (
            "/bin/true",
            "",
            vec![1_000_000],
            "descriptor 1000000 cannot be given away",
        ),
    ] {
        let request = SpawnProgram {
            program: program.to_owned(),
            arguments: vec![arguments.to_owned()],
            fds,
        };
        let message = spawn_program(&request).unwrap_err().message;
        assert!(message.contains(words), "{message}");
    }
}
