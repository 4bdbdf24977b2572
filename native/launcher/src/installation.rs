//! Where the other files of Hadron are.

use std::ffi::OsString;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

use crate::failure::Result;

/// Names the directory, and no other place is looked at. The daemon takes the same variable (src/host/native.ts).
const VARIABLE: &str = "HADRON_LIB";
/// What `make install` was given, or would have been.
const PREFIX: &str = match option_env!("HADRON_PREFIX") {
    Some(prefix) => prefix,
    None => "/usr/local",
};
const FROM_PREFIX: &str = "lib/hadron";

/// No place has all the files.
#[derive(Debug, Error)]
#[error(
    "Hadron is not completely installed: {}. Run `make install`, or set {VARIABLE}, in containerd's environment, to the \
     absolute path of the directory that has its files",
    .0.iter().map(Missing::to_string).collect::<Vec<_>>().join("; ")
)]
pub struct Error(pub Vec<Missing>);

/// Why one of the places will not do.
#[derive(Debug, Error)]
pub enum Missing {
    #[error("'{}' is not an absolute path", .0.display())]
    Relative(PathBuf),
    #[error("{}: {source}", .path.display())]
    File { path: PathBuf, source: io::Error },
}

/// The files that the launcher itself needs; the rest is the daemon's to find, beside its program.
#[derive(Debug, PartialEq, Eq)]
pub struct Installation {
    pub node: PathBuf,
    pub program: PathBuf,
}

impl Installation {
    /// The first place that has the files, in this order:
    ///
    /// 1. `HADRON_LIB`, and if it is set nowhere else;
    /// 2. PREFIX/lib/hadron, if this program is PREFIX/bin/..., whatever links lead there;
    /// 3. this program's own directory;
    /// 4. PREFIX/lib/hadron with the PREFIX that it was built for: for a copy that lies somewhere else.
    pub fn find() -> Result<Self> {
        // /proc/self/exe: what runs, not what it was called. Of a file that was removed since, the directory is right.
        let own = std::env::current_exe();
        let places = places(std::env::var_os(VARIABLE), own.as_deref().ok());
        let mut missing = Vec::new();
        for place in places {
            match Self::at(&place) {
                Ok(installation) => return Ok(installation),
                Err(error) => missing.push(error),
            }
        }
        Err(Error(missing).into())
    }

    /// Or the first file that is missing.
    fn at(place: &Path) -> std::result::Result<Self, Missing> {
        if !place.is_absolute() {
            return Err(Missing::Relative(place.to_owned()));
        }
        let file = |name: &str| {
            let path = place.join(name);
            match path.metadata() {
                Ok(_) => Ok(path),
                Err(source) => Err(Missing::File { path, source }),
            }
        };
        Ok(Self {
            node: file("node")?,
            program: file("shim.js")?,
        })
    }
}

fn places(configured: Option<OsString>, own: Option<&Path>) -> Vec<PathBuf> {
    if let Some(configured) = configured.filter(|path| !path.is_empty()) {
        return vec![PathBuf::from(configured)];
    }
    let directory = own.and_then(Path::parent);
    let installed = directory
        .and_then(Path::parent)
        .map(|prefix| prefix.join(FROM_PREFIX));
    let built_for = Path::new(PREFIX).join(FROM_PREFIX);
    let mut places: Vec<PathBuf> = installed
        .into_iter()
        .chain(directory.map(Path::to_owned))
        .collect();
    if !places.contains(&built_for) {
        places.push(built_for);
    }
    places
}

#[cfg(test)]
mod tests {
    use super::*;

    fn listed(configured: &str, own: Option<&str>) -> Vec<String> {
        places(Some(configured.into()), own.map(Path::new))
            .iter()
            .map(|place| place.display().to_string())
            .collect()
    }

    #[test]
    fn the_places_and_their_order() {
        let built_for = Path::new(PREFIX).join("lib/hadron").display().to_string();
        assert_eq!(
            listed("", Some("/opt/x/bin/shim (deleted)")),
            ["/opt/x/lib/hadron", "/opt/x/bin", &built_for]
        );
        let own = Path::new(PREFIX).join("bin/shim").display().to_string();
        assert_eq!(listed("", Some(&own)).len(), 2);
        assert_eq!(listed("/lib", Some("/opt/x/bin/shim")), ["/lib"]);
        assert_eq!(listed("", None), [built_for.as_str()]);
        assert_eq!(listed("", Some("/shim")), ["/", &built_for]);
    }
}
