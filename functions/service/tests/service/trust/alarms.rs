//! Alarms: checks that failed in clients.

use serde_json::{Value, json};

use super::Trust;
use crate::support::{PAGE, request};

#[tokio::test]
async fn alarms_are_counted_by_reason_and_side() {
    let trust = Trust::complete().await;
    let visitor = trust.visit().await;
    let call = visitor["call"].as_str().unwrap();
    let bearer = format!("Bearer {}", visitor["token"].as_str().unwrap());
    let headers = [("authorization", bearer.as_str()), ("origin", PAGE)];
    let raise = async |call: &str, reason: &str| {
        let path = format!("/api/v1/calls/{call}/alarms");
        trust
            .service
            .send(request("POST", &path, &headers, Some(&json!({"reason": reason}))))
            .await
    };
    assert_eq!(raise(call, "fingerprint").await.status, 204);
    assert_eq!(raise(call, "fingerprint").await.status, 204);
    assert_eq!(raise(call, "no-device").await.status, 204);
    assert_eq!(raise(call, "because").await.problem(400), "malformed");
    assert_eq!(
        raise(&trust.organisation.id, "chain").await.problem(403),
        "role-not-allowed"
    );
    // An expert tells of calls that ring for them.
    let alarm = json!({"reason": "continuity"});
    assert_eq!(
        trust
            .desk("POST", &format!("calls/{call}/alarms"), alarm.clone())
            .await
            .problem(404),
        "not-found"
    );
    let ring = json!({
        "language": "en", "media": "video", "payload": "b2ZmZXI", "page": {"url": PAGE, "title": "Page"},
    });
    trust
        .desk("PUT", "presence", json!({"state": "available"}))
        .await
        .ok(200);
    trust
        .service
        .send(request(
            "POST",
            &format!("/api/v1/calls/{call}/ring"),
            &headers,
            Some(&ring),
        ))
        .await
        .ok(201);
    assert_eq!(
        trust.desk("POST", &format!("calls/{call}/alarms"), alarm).await.status,
        204
    );
    let alarms = trust.console("GET", "alarms", Value::Null).await.ok(200)["alarms"].clone();
    let mut found: Vec<_> = alarms
        .as_array()
        .unwrap()
        .iter()
        .map(|alarm| {
            let text = |name: &str| alarm[name].as_str().unwrap().to_owned();
            (text("reason"), text("side"), alarm["count"].as_i64().unwrap())
        })
        .collect();
    found.sort();
    let expected = [
        ("continuity", "expert", 1),
        ("fingerprint", "visitor", 2),
        ("no-device", "visitor", 1),
    ];
    assert_eq!(
        found,
        expected.map(|(reason, side, count)| (reason.into(), side.into(), count))
    );
    assert_eq!(trust.console("DELETE", "alarms", Value::Null).await.status, 204);
    assert_eq!(
        trust.console("GET", "alarms", Value::Null).await.ok(200),
        json!({"alarms": []})
    );
}
