//! The OpenAPI document against the router: every route is described, with its methods, and nothing else is.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::{Service, request, routes};

#[tokio::test]
async fn description_is_complete() {
    let service = Service::new();
    let document = service.get("/openapi.json").await.ok(200);
    assert!(
        document["openapi"].as_str().unwrap().starts_with("3.1"),
        "{}",
        document["openapi"]
    );
    let mut described = BTreeSet::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for method in item.as_object().unwrap().keys() {
            described.insert((path.clone(), method.to_uppercase()));
        }
    }
    let mut served = BTreeSet::new();
    let machines = |route: &String| route.starts_with("/api/") || route == "/healthz" || route == "/openapi.json";
    for route in routes(&service.router).into_iter().filter(machines) {
        let answer = service
            .send(request("TRACE", &route.replace(['{', '}'], ""), &[], None))
            .await;
        assert_eq!(answer.problem(405), "method-not-allowed");
        let allowed = answer.header("allow").unwrap().to_owned();
        served.extend(
            allowed
                .split(',')
                .filter(|method| *method != "HEAD")
                .map(|method| (route.clone(), method.into())),
        );
    }
    assert_eq!(described, served);
}

#[tokio::test]
async fn every_operation_names_its_problems() {
    let document = Service::new().get("/openapi.json").await.json();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let responses = operation["responses"].as_object().unwrap();
            let names = |status: &str| responses.contains_key(status);
            assert!(names("403") && names("503"), "{method} {path}");
            if operation["requestBody"] != Value::Null {
                assert!(names("400") && names("413") && names("415"), "{method} {path}");
            }
            if operation["security"] != Value::Null {
                assert!(names("401"), "{method} {path}");
            }
            if path.contains('{') {
                assert!(names("404"), "{method} {path}");
            }
            for (status, response) in responses.iter().filter(|(status, _)| status.as_str() >= "400") {
                let content = response["content"].as_object().unwrap();
                assert!(
                    content.contains_key("application/problem+json"),
                    "{method} {path} {status}"
                );
            }
        }
    }
}
