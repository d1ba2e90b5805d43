// Files as people write them. The fuzzer begins with them too.

enum ConfigSamples {
    /// Each is a file of its own, and refers to no other one.
    static let texts = [
        """
        # Simple worker
        worker {
            name       myapp;
            exec       node;
            params     server.js --port 3000;
            instances  4;
            restart    true;
            env        A=1, B="2, 3";
            server     http://0.0.0.0:3000, ws://0.0.0.0:3001;
        }
        """,
        """
        daemon {
            gui_port  6789;
            auto_reload on;
        }
        telemetry false;
        worker a { cmd python3 -m http.server 'a b' \\
            c; path /srv; }
        """,
        """
        worker api {
            exec: "node"; log_time_format %Y-%m-%d %T; prefix ç15,88-APIçR-;
            vanguard { ban_path *.php, /.git*; allow_ip 10.0.0.0/8; rate_limit 100; }
            on_crash { url https://example.com/x; }   // tell
            statsd { host localhost:8125; }
            dashboard {
                name My API;
                module { type led; id 1; x 0; y 0; w 1; h 1; color #47d16c; unit %; }
            }
        }
        """,
        "worker {\r\n\texec ./run;\r\n\tlog  logs/a.log;\r\n\tdepends_on b, c;\r\n}\r\n",
    ]

    /// What is not understood.
    static let broken = [
        "worker { name a\n exec b; }", "worker { exec \"a; }", "worker { exec a;\nworker b { }",
        "worker = a;", "{\"apps\": []}", "worker { exec a b; cmd c; path $X; instances 0; }",
    ]
}
