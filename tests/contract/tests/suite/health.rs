//! What machines ask.

use visavis_contract::Service;

#[tokio::test]
async fn the_service_is_healthy() {
    let service = Service::new();
    let health = service.get("/healthz").send().await.expect_json(200);
    assert_eq!(health["status"], "ok");
}

#[tokio::test]
async fn the_description_names_every_documented_route() {
    let description = Service::new().get("/openapi.json").send().await.expect_json(200);
    assert!(
        description["openapi"].as_str().unwrap().starts_with("3.1"),
        "{}",
        description["openapi"]
    );
    let documented = include_str!("../../../../docs/signalling.md");
    let mut routes = 0;
    for line in documented.lines().filter(|line| line.starts_with('|')) {
        // A cell names one or more routes, each in backticks with its method first.
        for code in line.split('`').skip(1).step_by(2) {
            let Some((method, rest)) = code.split_once(' ') else {
                continue;
            };
            if !matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE") {
                continue;
            }
            let path = rest.split([' ', '?']).next().unwrap();
            let full = if matches!(path, "/healthz" | "/openapi.json") {
                path.into()
            } else {
                format!("/api/v1{path}")
            };
            let operation = &description["paths"][&full][method.to_lowercase()];
            assert!(
                operation.is_object(),
                "{method} {full} is documented, but not described"
            );
            routes += 1;
        }
    }
    assert!(routes > 30, "only {routes} routes were found in the documentation");
}
