use std::io::{BufRead, BufReader, Write};
use std::os::unix::net::UnixStream;
use std::sync::Mutex;
use std::thread::JoinHandle;

use hadron_vmm::worker::Listener;
use serde_json::json;

use super::*;
use crate::news::Cause;

/// Says what is asked of it as complaints, so that the order can be seen from outside.
struct Fake(Arc<Board>, Mutex<u32>);

impl Machine for Fake {
    fn resume(&self) {
        self.0.complaint("runs".to_owned());
    }

    fn pause(&self) -> io::Result<()> {
        let mut pauses = self.1.lock().unwrap();
        *pauses += 1;
        match *pauses {
            1 => Ok(()),
            2 => Err(io::ErrorKind::TimedOut.into()),
            _ => {
                self.0.ended(Cause::Shutdown, "switched off".to_owned());
                Ok(())
            }
        }
    }

    fn insert(
        &self,
        place: usize,
        device: DeviceConfig,
        descriptors: Vec<OwnedFd>,
    ) -> Result<(), String> {
        match device {
            DeviceConfig::Block { .. } => Err(format!(
                "{} descriptors are too many for place {place}",
                descriptors.len()
            )),
            _ => Ok(()),
        }
    }

    fn eject(&self, place: usize) -> Result<(), String> {
        match place {
            3 => Ok(()),
            _ => Err(format!("no disk is in the place {place}")),
        }
    }

    fn exits(&self) -> Value {
        json!({ "ports": 7 })
    }
}

fn make(config: Config, descriptors: Vec<OwnedFd>, board: Arc<Board>) -> Result<Fake, String> {
    match config.vcpus {
        0 => Err(format!("no CPUs, {} descriptors", descriptors.len())),
        _ => Ok(Fake(board, Mutex::default())),
    }
}

struct Daemon {
    reader: BufReader<UnixStream>,
    session: JoinHandle<io::Result<End>>,
}

impl Daemon {
    fn new() -> Self {
        let (ours, theirs) = UnixStream::pair().unwrap();
        ours.set_read_timeout(Some(Duration::from_secs(20)))
            .unwrap();
        let session = std::thread::spawn(move || Session::new(theirs.into(), make).unwrap().run());
        Daemon {
            reader: BufReader::new(ours),
            session,
        }
    }

    fn say(&mut self, line: &str) {
        writeln!(self.reader.get_mut(), "{line}").unwrap();
    }

    fn hear(&mut self) -> Value {
        let mut line = String::new();
        self.reader.read_line(&mut line).unwrap();
        serde_json::from_str(&line).unwrap()
    }

    fn ask(&mut self, line: &str) -> Value {
        self.say(line);
        self.hear()
    }
}

fn start(id: u32, vcpus: u32) -> String {
    let config = json!({ "vcpus": vcpus, "memoryMib": 64, "kernel": 0, "kvm": 1, "commandLine": "", "devices": [] });
    json!({ "id": id, "op": "start", "config": config }).to_string()
}

#[test]
fn a_vm_from_its_start_to_its_end() {
    let mut daemon = Daemon::new();
    let early = daemon.ask(r#"{"id":1,"op":"pause"}"#);
    assert_eq!(
        early,
        json!({ "id": 1, "error": "there is no VM yet: start it first" })
    );
    // One that cannot be made can be tried again.
    let refused = daemon.ask(&start(2, 0));
    assert_eq!(
        refused,
        json!({ "id": 2, "error": "no CPUs, 0 descriptors" })
    );
    assert_eq!(daemon.ask(&start(3, 1)), json!({ "id": 3, "ok": true }));
    let runs = json!({ "event": "complaint", "message": "runs" });
    assert_eq!(daemon.hear(), runs);
    let again = daemon.ask(&start(4, 1));
    assert_eq!(
        again,
        json!({ "id": 4, "error": "the VM was started already" })
    );
    assert_eq!(
        daemon.ask(r#"{"id":5,"op":"pause"}"#),
        json!({ "id": 5, "ok": true })
    );
    let failed = daemon.ask(r#"{"id":6,"op":"pause"}"#);
    assert_eq!(
        failed,
        json!({ "id": 6, "error": "the VM cannot be paused: timed out" })
    );
    assert_eq!(
        daemon.ask(r#"{"id":7,"op":"resume"}"#),
        json!({ "id": 7, "ok": true })
    );
    assert_eq!(daemon.hear(), runs);
    let statistics = daemon.ask(r#"{"id":8,"op":"statistics"}"#);
    assert_eq!(
        statistics,
        json!({ "id": 8, "ok": true, "exits": { "ports": 7 } })
    );
    assert_eq!(
        daemon.ask(r#"{"id":9,"op":"pause"}"#),
        json!({ "id": 9, "ok": true })
    );
    let ended = json!({ "event": "ended", "cause": "shutdown", "message": "switched off" });
    assert_eq!(daemon.hear(), ended);
    assert_eq!(daemon.session.join().unwrap().unwrap(), End::Ended);
}

#[test]
fn what_is_not_understood_is_answered_by_a_sentence() {
    let mut daemon = Daemon::new();
    for (line, id, words) in [
        ("", Value::Null, "not a JSON object in one line"),
        ("\u{1}", Value::Null, "not a JSON object in one line"),
        ("[]", Value::Null, "must have an \"id\""),
        (r#"{"op":"pause"}"#, Value::Null, "must have an \"id\""),
        (
            r#"{"id":-1,"op":"pause"}"#,
            Value::Null,
            "must have an \"id\"",
        ),
        (r#"{"id":1,"op":"format"}"#, json!(1), "format"),
        (r#"{"id":2,"op":"pause","now":true}"#, json!(2), "now"),
        (r#"{"id":3,"op":"start"}"#, json!(3), "config"),
        (
            r#"{"id":4,"op":"start","config":{"vcpus":300}}"#,
            json!(4),
            "300",
        ),
    ] {
        let answer = daemon.ask(line);
        assert_eq!(answer["id"], id, "{line}");
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(words), "{line}: {error}");
    }
    let nested = format!("{}{}", "[".repeat(20_000), "]".repeat(20_000));
    assert!(daemon.ask(&nested)["error"].is_string());
}

#[test]
fn the_end_of_the_socket_and_a_line_without_an_end_are_the_vms_end() {
    let mut daemon = Daemon::new();
    daemon.ask(&start(1, 1));
    drop(daemon.reader);
    assert_eq!(daemon.session.join().unwrap().unwrap(), End::Closed);

    let mut daemon = Daemon::new();
    // The session may be gone before all is written.
    let _ = daemon.reader.get_mut().write_all(&vec![b'x'; 200_000]);
    let error = daemon.session.join().unwrap().unwrap_err();
    assert!(error.to_string().contains("longer than"), "{error}");
}

#[test]
fn disks_are_put_into_places_and_taken_out() {
    let mut daemon = Daemon::new();
    let block = json!({ "kind": "block", "file": 0, "readOnly": false });
    let insert = json!({ "id": 1, "op": "insert", "place": 3, "device": block }).to_string();
    let refusal = daemon.ask(&insert);
    assert_eq!(refusal["error"], "there is no VM yet: start it first");
    assert_eq!(daemon.ask(&start(2, 1))["ok"], true);
    assert_eq!(daemon.hear()["event"], "complaint");
    let refusal = daemon.ask(&insert);
    assert_eq!(refusal["error"], "0 descriptors are too many for place 3");
    let done = json!({ "id": 4, "ok": true });
    assert_eq!(daemon.ask(r#"{"id":4,"op":"eject","place":3}"#), done);
    let refusal = daemon.ask(r#"{"id":5,"op":"eject","place":4}"#);
    assert_eq!(refusal["error"], "no disk is in the place 4");
}
