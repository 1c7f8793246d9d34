//! Where a request came from, behind the proxies that are believed.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};

use axum::http::HeaderMap;
use ipnet::IpNet;

/// The caller's address: the peer's, or what proxies that are believed say in `X-Forwarded-For`, read from
/// its end. What nobody believed vouches for counts for nothing.
pub fn caller(peer: Option<IpAddr>, headers: &HeaderMap, proxies: &[IpNet]) -> IpAddr {
    let mut address = peer.unwrap_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED)).to_canonical();
    let said = headers.get_all("x-forwarded-for").iter().filter_map(|value| value.to_str().ok());
    let said: Vec<&str> = said.flat_map(|value| value.split(',')).map(str::trim).collect();
    for hop in said.iter().rev() {
        if !proxies.iter().any(|proxy| proxy.contains(&address)) {
            break;
        }
        let Ok(before) = hop.parse::<IpAddr>() else { break };
        address = before.to_canonical();
    }
    address
}

/// What is counted together: an address, or the network of 64 bits that one household gets of IPv6.
pub fn household(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(v6) => {
            let [a, b, c, d, ..] = v6.segments();
            Ipv6Addr::new(a, b, c, d, 0, 0, 0, 0).into()
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn from(peer: &str, said: &'static str, proxies: &[&str]) -> String {
        let headers =
            HeaderMap::from_iter([("x-forwarded-for".parse().expect("a name"), HeaderValue::from_static(said))]);
        let proxies: Vec<IpNet> = proxies.iter().map(|p| p.parse().expect("a network")).collect();
        caller(Some(peer.parse().expect("an address")), &headers, &proxies).to_string()
    }

    #[test]
    fn only_proxies_that_are_believed_speak_for_others() {
        assert_eq!(from("192.0.2.1", "198.51.100.7", &[]), "192.0.2.1");
        assert_eq!(from("10.0.0.1", "198.51.100.7", &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", "6.6.6.6, 198.51.100.7, 10.0.0.2", &["10.0.0.0/8"]), "198.51.100.7");
        assert_eq!(from("10.0.0.1", "198.51.100.7, nonsense", &["10.0.0.0/8"]), "10.0.0.1");
        assert_eq!(from("::ffff:10.0.0.1", "2001:db8::1", &["10.0.0.0/8"]), "2001:db8::1");
        assert_eq!(household("2001:db8:1:2:3:4:5:6".parse().expect("v6")).to_string(), "2001:db8:1:2::");
    }
}
